-- config: tenancy.column = "org_id"
-- role: superuser

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

ALTER TABLE invoice ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY

CREATE VIEW every_invoice AS SELECT * FROM invoice
