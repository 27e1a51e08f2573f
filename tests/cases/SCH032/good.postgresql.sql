CREATE TABLE document (id bigint PRIMARY KEY, content bytea)

CREATE TABLE line (n int) PARTITION BY RANGE (n)

CREATE TABLE line_low PARTITION OF line FOR VALUES FROM (0) TO (10)

CREATE VIEW lines AS SELECT * FROM line

CREATE TABLE logged_action (id bigint PRIMARY KEY, relation oid)
