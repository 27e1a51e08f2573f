-- config: tenancy.column = "org_id"
-- config: tenancy.exempt.signup = "written before there is a tenant"

CREATE TABLE customer (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

ALTER TABLE customer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY

CREATE TABLE signup (org_id bigint)

CREATE TABLE country (code text PRIMARY KEY)
