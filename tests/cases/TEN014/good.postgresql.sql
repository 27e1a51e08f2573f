-- config: tenancy.column = "org_id"

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

GRANT SELECT, INSERT, UPDATE, DELETE ON invoice TO pg_monitor

CREATE TABLE country (code text PRIMARY KEY)

GRANT ALL ON country TO pg_monitor
