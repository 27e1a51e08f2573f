-- config: tenancy.column = "org_id"
-- config: tenancy.shared = ["template"]

CREATE TABLE customer (org_id bigint NOT NULL, id bigint)

CREATE TABLE template (org_id bigint, id bigint PRIMARY KEY)

CREATE TABLE country (code text)
