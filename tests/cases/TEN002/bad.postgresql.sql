-- config: tenancy.column = "org_id"

CREATE TABLE customer (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

ALTER TABLE customer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY

CREATE POLICY narrow ON customer AS RESTRICTIVE USING (id > 0)

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint, note text, PRIMARY KEY (org_id, id))

ALTER TABLE invoice ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY

CREATE POLICY seen ON invoice FOR SELECT USING (org_id = current_setting('app.org_id')::bigint)

GRANT SELECT, DELETE ON invoice TO pg_monitor

GRANT UPDATE (note) ON invoice TO pg_monitor
