-- config: tenancy.column = "org_id"

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

ALTER TABLE invoice ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY

CREATE POLICY own ON invoice USING (org_id = current_setting('app.org_id')::bigint)

GRANT SELECT, INSERT, UPDATE, DELETE ON invoice TO pg_monitor

CREATE TABLE log (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

ALTER TABLE log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY

CREATE POLICY seen ON log FOR SELECT USING (org_id = current_setting('app.org_id')::bigint)

GRANT SELECT ON log TO pg_monitor
