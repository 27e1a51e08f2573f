-- config: tenancy.column = "org_id"

CREATE TABLE customer (org_id bigint NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, public_id uuid UNIQUE, number text, UNIQUE (org_id, number))

CREATE TABLE payment (org_id bigint NOT NULL, id bigserial PRIMARY KEY)
