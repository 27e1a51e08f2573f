-- config: tenancy.column = "org_id"

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

ALTER TABLE invoice ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY

CREATE POLICY own ON invoice USING (org_id = current_setting('app.org_id')::bigint)

CREATE POLICY narrow ON invoice AS RESTRICTIVE USING (true)
