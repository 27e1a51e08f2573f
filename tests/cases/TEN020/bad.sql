-- config: tenancy.column = "org_id"
-- config: tenancy.shared = ["templates"]
-- config: tenancy.columns.brand = "owner_id"
-- config: tenancy.exempt.signups = "written before there is a tenant"

CREATE TABLE brand (id bigint PRIMARY KEY)
