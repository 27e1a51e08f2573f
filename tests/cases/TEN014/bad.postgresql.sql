-- config: tenancy.column = "org_id"

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

GRANT SELECT, TRUNCATE, TRIGGER ON invoice TO pg_monitor

GRANT REFERENCES ON invoice TO PUBLIC
