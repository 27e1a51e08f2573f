CREATE TABLE invoice (id bigint PRIMARY KEY, number text UNIQUE, due_on date, status text)

CREATE INDEX invoice_id ON invoice (id)

CREATE UNIQUE INDEX invoice_number ON invoice (number)

CREATE INDEX invoice_due ON invoice (due_on)

CREATE INDEX invoice_due_backwards ON invoice (due_on DESC)

CREATE INDEX invoice_open ON invoice (lower(status)) INCLUDE (due_on) WHERE status <> 'paid'

CREATE INDEX invoice_open_again ON invoice (lower(status)) INCLUDE (due_on) WHERE status <> 'paid'

CREATE TABLE line (n int PRIMARY KEY, note text) PARTITION BY RANGE (n)

CREATE TABLE line_low PARTITION OF line FOR VALUES FROM (0) TO (10)

CREATE INDEX line_note ON line (note)

CREATE INDEX line_low_note_again ON line_low (note)
