-- config: tenancy.column = "org_id"

CREATE TABLE customer (org_id integer NOT NULL, id integer PRIMARY KEY, number text, UNIQUE (org_id, number))
