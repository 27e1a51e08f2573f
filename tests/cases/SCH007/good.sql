CREATE TABLE invoice (id bigint PRIMARY KEY, org_id bigint, number text, due_on date, status text, note text)

CREATE UNIQUE INDEX invoice_number ON invoice (number)

CREATE INDEX invoice_number_due ON invoice (number, due_on)

CREATE INDEX invoice_open ON invoice (status) WHERE status <> 'paid'

CREATE INDEX invoice_status_due ON invoice (status, due_on)

CREATE INDEX invoice_due ON invoice (due_on)

CREATE INDEX invoice_due_only_paid ON invoice (due_on, org_id) WHERE status = 'paid'

CREATE INDEX invoice_note ON invoice (note)

CREATE INDEX invoice_note_and_all ON invoice (note, org_id, due_on, status)

CREATE INDEX invoice_lower ON invoice (lower(note))
