CREATE TABLE customer (tenant_id bigint NOT NULL, id bigint, PRIMARY KEY (tenant_id, id))

CREATE TABLE invoice (tenant_id bigint NOT NULL, id bigint, PRIMARY KEY (tenant_id, id))
