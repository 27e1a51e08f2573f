CREATE TABLE organization (id bigint PRIMARY KEY, parent_id bigint REFERENCES organization (id) ON DELETE RESTRICT)

CREATE TABLE customer (org_id bigint NOT NULL REFERENCES organization (id), id bigint, PRIMARY KEY (org_id, id))

CREATE TABLE invoice (
  org_id bigint NOT NULL REFERENCES organization (id), id bigint, customer_id bigint, PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id)
)

CREATE TABLE app_note (
  id bigint PRIMARY KEY, org_id bigint, customer_id bigint,
  FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id),
  CHECK ((org_id IS NULL) = (customer_id IS NULL))
)
