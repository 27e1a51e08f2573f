CREATE TABLE invoice (id INTEGER PRIMARY KEY, number text UNIQUE, due_on date, status text)

CREATE INDEX invoice_id ON invoice (id)

CREATE INDEX invoice_number ON invoice (number)

CREATE INDEX invoice_due ON invoice (due_on)

CREATE INDEX invoice_due_backwards ON invoice (due_on DESC)

CREATE INDEX invoice_open ON invoice (lower(status)) WHERE status <> 'paid'

CREATE INDEX invoice_open_again ON invoice (lower(status)) WHERE status <> 'paid'
