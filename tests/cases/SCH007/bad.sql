CREATE TABLE invoice (id bigint PRIMARY KEY, org_id bigint, number text, due_on date, status text, UNIQUE (org_id, number))

CREATE INDEX invoice_org ON invoice (org_id)

CREATE INDEX invoice_due ON invoice (due_on)

CREATE INDEX invoice_due_status ON invoice (due_on, status)

CREATE INDEX invoice_open ON invoice (status) WHERE status <> 'paid'

CREATE INDEX invoice_open_due ON invoice (status, due_on) WHERE status <> 'paid'
