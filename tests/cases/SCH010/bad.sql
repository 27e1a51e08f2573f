CREATE TABLE customer (org_id bigint, id bigint UNIQUE, PRIMARY KEY (org_id, id))

CREATE TABLE invoice (
  id bigint PRIMARY KEY, org_id bigint, customer_id bigint,
  CONSTRAINT by_tenant FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id),
  CONSTRAINT by_tenant_again FOREIGN KEY (customer_id, org_id) REFERENCES customer (id, org_id) ON DELETE CASCADE,
  CONSTRAINT by_id FOREIGN KEY (customer_id) REFERENCES customer (id)
)
