-- role: superuser

CREATE TABLE invoice (id bigint PRIMARY KEY, number text)

INSERT INTO invoice VALUES (1, 'a'), (2, 'a')

-- fails
CREATE UNIQUE INDEX CONCURRENTLY invoice_number ON invoice (number)

CREATE INDEX invoice_number_ccnew ON invoice (number)

UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'invoice_number_ccnew'::regclass

UPDATE invoice SET number = id

CREATE TABLE line (n int PRIMARY KEY, note text) PARTITION BY RANGE (n)

CREATE TABLE line_low PARTITION OF line FOR VALUES FROM (0) TO (10)

CREATE INDEX line_note ON ONLY line (note)
