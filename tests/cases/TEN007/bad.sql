-- config: tenancy.column = "org_id"

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint NOT NULL UNIQUE, PRIMARY KEY (org_id, id))

CREATE TABLE invoice_note (id bigint PRIMARY KEY, invoice_id bigint REFERENCES invoice (id))

CREATE TABLE reminder (id bigint PRIMARY KEY, invoice_id bigint REFERENCES invoice (id))
