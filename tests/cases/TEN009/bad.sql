-- config: tenancy.column = "org_id"

CREATE TABLE customer (org_id bigint NOT NULL, id bigint NOT NULL, number text, PRIMARY KEY (org_id, id), CONSTRAINT one_number UNIQUE (number))

CREATE TABLE product (org_id bigint NOT NULL, sku text PRIMARY KEY)

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint NOT NULL, number bigint, PRIMARY KEY (org_id, id))

CREATE UNIQUE INDEX invoice_number ON invoice (number)
