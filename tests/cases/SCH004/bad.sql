CREATE TABLE customer (org_id bigint, id bigint, PRIMARY KEY (org_id, id))

CREATE TABLE category (id bigint PRIMARY KEY, parent_id bigint REFERENCES category (id))

CREATE TABLE invoice (
  org_id bigint, id bigint, customer_id bigint, category_id bigint REFERENCES category (id),
  status text, PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id)
)

CREATE INDEX invoice_tenant ON invoice (org_id, status, customer_id)

CREATE INDEX invoice_open_category ON invoice (category_id) WHERE status = 'open'
