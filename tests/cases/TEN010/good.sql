-- config: tenancy.column = "org_id"

CREATE TABLE invoice (id bigint PRIMARY KEY, org_id bigint NOT NULL, gross numeric)

CREATE INDEX invoice_of ON invoice (org_id, gross)

CREATE TABLE customer (org_id bigint NOT NULL, id bigint NOT NULL, PRIMARY KEY (org_id, id))
