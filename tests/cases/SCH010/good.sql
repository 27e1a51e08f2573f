CREATE TABLE organization (id bigint PRIMARY KEY)

CREATE TABLE customer (org_id bigint, id bigint UNIQUE, PRIMARY KEY (org_id, id))

CREATE TABLE invoice (
  id bigint PRIMARY KEY, org_id bigint REFERENCES organization (id), customer_id bigint, payer_id bigint,
  FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id),
  FOREIGN KEY (org_id, payer_id) REFERENCES customer (org_id, id)
)
