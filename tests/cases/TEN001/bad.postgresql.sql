-- config: tenancy.column = "org_id"

CREATE TABLE customer (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

CREATE TABLE product (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

CREATE POLICY own ON product USING (org_id = nullif(current_setting('app.org_id', true), '')::bigint)

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

ALTER TABLE invoice ENABLE ROW LEVEL SECURITY

CREATE TABLE log (org_id bigint NOT NULL, at date NOT NULL) PARTITION BY RANGE (at)

ALTER TABLE log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY

CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')

GRANT SELECT ON log_2026 TO pg_monitor

CREATE TABLE log_2027 PARTITION OF log FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')

CREATE TABLE country (code text PRIMARY KEY)
