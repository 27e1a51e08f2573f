CREATE TABLE invoice (id bigint PRIMARY KEY, number text, due_on date, status text, paid_on date)

ALTER TABLE invoice ADD CONSTRAINT invoice_number UNIQUE (number) DEFERRABLE

CREATE UNIQUE INDEX invoice_number_now ON invoice (number)

CREATE INDEX invoice_status ON invoice (status)

CREATE INDEX invoice_status_hash ON invoice USING hash (status)

CREATE INDEX invoice_status_like ON invoice (status text_pattern_ops)

CREATE INDEX invoice_status_c ON invoice (status COLLATE "C")

CREATE INDEX invoice_status_open ON invoice (status) WHERE status <> 'paid'

CREATE INDEX invoice_status_late ON invoice (status) WHERE due_on IS NOT NULL

CREATE INDEX invoice_status_covering ON invoice (status) INCLUDE (due_on)

CREATE INDEX invoice_status_lower ON invoice (lower(status))

CREATE INDEX invoice_status_upper ON invoice (upper(status))

CREATE INDEX invoice_dates ON invoice (due_on, paid_on)

CREATE INDEX invoice_dates_swapped ON invoice (paid_on, due_on)

CREATE INDEX invoice_dates_mixed ON invoice (due_on, paid_on DESC)
