CREATE TABLE customer (org_id bigint, id bigint, PRIMARY KEY (org_id, id))

CREATE TABLE category (id INTEGER PRIMARY KEY, parent_id bigint REFERENCES category (id))

CREATE INDEX category_parent ON category (parent_id) WHERE parent_id IS NOT NULL

CREATE TABLE category_text (id INTEGER PRIMARY KEY REFERENCES category (id), text text)

CREATE TABLE invoice (
  org_id bigint, id bigint, customer_id bigint, PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id)
)

CREATE INDEX invoice_customer ON invoice (customer_id, org_id)

CREATE TABLE membership (
  user_id bigint REFERENCES category, role_id bigint UNIQUE REFERENCES category, PRIMARY KEY (user_id, role_id)
) WITHOUT ROWID
