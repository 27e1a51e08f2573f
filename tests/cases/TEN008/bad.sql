-- config: tenancy.column = "org_id"

CREATE TABLE customer (org_id bigint NOT NULL, id bigint)

CREATE TABLE invoice (org_id bigint, id bigint NOT NULL)
