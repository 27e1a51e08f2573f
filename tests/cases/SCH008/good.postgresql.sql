CREATE TABLE invoice (id bigint PRIMARY KEY, number text)

CREATE UNIQUE INDEX CONCURRENTLY invoice_number ON invoice (number)

CREATE TABLE line (n int PRIMARY KEY, note text) PARTITION BY RANGE (n)

CREATE TABLE line_low PARTITION OF line FOR VALUES FROM (0) TO (10)

CREATE INDEX line_note ON line (note)

CREATE MATERIALIZED VIEW noted AS SELECT note FROM line

CREATE INDEX noted_note ON noted (note)
