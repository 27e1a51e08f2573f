-- config: tenancy.column = "org_id"
-- config: tenancy.role = "somebody_else"

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

CREATE POLICY watch ON invoice FOR SELECT TO pg_monitor USING (true)
