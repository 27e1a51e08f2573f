CREATE TABLE customer (org_id bigint, id bigint, PRIMARY KEY (org_id, id))

CREATE TABLE invoice (
  id bigint PRIMARY KEY, org_id bigint, customer_id bigint,
  FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id) MATCH FULL
)
