-- config: tenancy.column = "org_id"

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint, gross numeric, PRIMARY KEY (org_id, id))

ALTER TABLE invoice ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY

CREATE TABLE payment (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

ALTER TABLE payment ENABLE ROW LEVEL SECURITY

CREATE VIEW open_invoice AS SELECT * FROM invoice WHERE gross > 0

CREATE VIEW received AS SELECT * FROM payment

CREATE VIEW received_twice AS SELECT a.id FROM received AS a CROSS JOIN received AS b

CREATE MATERIALIZED VIEW total AS SELECT sum(gross) FROM invoice

GRANT SELECT ON total TO pg_monitor

CREATE MATERIALIZED VIEW private_total AS SELECT sum(gross) FROM invoice
