CREATE TABLE invoice (org_id bigint, id bigint, PRIMARY KEY (org_id, id))

CREATE TABLE measure (day date, value int, PRIMARY KEY (day)) PARTITION BY RANGE (day)

CREATE TABLE measure_2026 PARTITION OF measure FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')

CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)

CREATE TABLE nothing_in_it ()

CREATE VIEW latest AS SELECT * FROM measure

CREATE MATERIALIZED VIEW summed AS SELECT sum(value) FROM measure
