-- since: 15
-- config: tenancy.column = "org_id"

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

CREATE TABLE country (code text PRIMARY KEY)

CREATE VIEW own_invoice WITH (security_invoker = true) AS SELECT * FROM invoice

CREATE VIEW countries AS SELECT code FROM country
