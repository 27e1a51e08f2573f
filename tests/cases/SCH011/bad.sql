CREATE TABLE customer (org_id bigint, id bigint, PRIMARY KEY (org_id, id))

CREATE TABLE organization (id bigint PRIMARY KEY, parent_id bigint REFERENCES organization (id))

CREATE TABLE invoice (
  id bigint PRIMARY KEY, org_id bigint, customer_id bigint,
  FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id)
)

CREATE TABLE app_note (
  id bigint PRIMARY KEY, org_id bigint REFERENCES organization (id), customer_id bigint NOT NULL,
  FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id)
)
