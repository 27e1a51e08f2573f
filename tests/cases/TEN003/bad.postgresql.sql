-- config: tenancy.column = "org_id"

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint, is_public boolean, PRIMARY KEY (org_id, id))

ALTER TABLE invoice ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY

CREATE POLICY own ON invoice USING (org_id = current_setting('app.org_id')::bigint)

CREATE POLICY job ON invoice FOR SELECT USING (true)

CREATE POLICY written ON invoice FOR INSERT WITH CHECK (true)

CREATE POLICY published ON invoice FOR SELECT TO pg_monitor USING (is_public)

CREATE POLICY half ON invoice FOR UPDATE USING (org_id = current_setting('app.org_id')::bigint) WITH CHECK (1 = 1)
