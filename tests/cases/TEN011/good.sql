-- config: tenancy.column = "org_id"
-- config: tenancy.shared = ["template"]

CREATE TABLE template (org_id bigint, id bigint PRIMARY KEY)

CREATE TABLE customer (org_id bigint NOT NULL, id bigint NOT NULL, PRIMARY KEY (org_id, id))

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint NOT NULL, customer_id bigint, template_id bigint REFERENCES template (id), PRIMARY KEY (org_id, id), FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id))
