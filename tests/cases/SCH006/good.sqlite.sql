CREATE TABLE invoice (id INTEGER PRIMARY KEY, number text UNIQUE, due_on date, status text)

CREATE INDEX invoice_status ON invoice (status)

CREATE INDEX invoice_status_nocase ON invoice (status COLLATE NOCASE)

CREATE INDEX invoice_status_open ON invoice (status) WHERE status <> 'paid'

CREATE INDEX invoice_status_lower ON invoice (lower(status))

CREATE UNIQUE INDEX invoice_both ON invoice (status, due_on)

CREATE INDEX invoice_swapped ON invoice (due_on, status)

CREATE TABLE country (code text, name text, PRIMARY KEY (code, name))
