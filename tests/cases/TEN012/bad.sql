-- config: tenancy.column = "org_id"

CREATE TABLE customer (org_id bigint NOT NULL, id bigint NOT NULL UNIQUE, PRIMARY KEY (org_id, id))

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint NOT NULL, customer_id bigint REFERENCES customer (id), PRIMARY KEY (org_id, id))

INSERT INTO customer VALUES (1, 1), (2, 2)

INSERT INTO invoice VALUES (1, 1, 1), (1, 2, 2), (2, 3, 1), (2, 4, NULL)
