CREATE TABLE invoice (id bigint PRIMARY KEY, status text, due_on date, amount int)

CREATE INDEX invoice_status ON invoice (status text_pattern_ops)

CREATE INDEX invoice_status_due ON invoice (status, due_on)

CREATE INDEX invoice_due ON invoice (due_on) INCLUDE (amount)

CREATE INDEX invoice_due_status ON invoice (due_on, status)

CREATE INDEX invoice_amount ON invoice USING hash (amount)

CREATE INDEX invoice_amount_due ON invoice (amount, due_on)

CREATE TABLE line (n int PRIMARY KEY, note text, day date) PARTITION BY RANGE (n)

CREATE TABLE line_low PARTITION OF line FOR VALUES FROM (0) TO (10)

CREATE INDEX line_note ON line (note)
