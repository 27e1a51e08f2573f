-- config: tenancy.column = "org_id"
-- config: tenancy.shared = ["template"]
-- config: tenancy.exempt.signup = "written before there is a tenant"
-- config: tenancy.columns.brand = "owner_id"

CREATE TABLE template (org_id bigint, id bigint PRIMARY KEY)

CREATE TABLE signup (org_id bigint, id bigint PRIMARY KEY)

CREATE TABLE brand (id bigint PRIMARY KEY, owner_id bigint)
