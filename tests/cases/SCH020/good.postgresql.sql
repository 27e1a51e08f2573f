-- role: superuser

REVOKE CREATE ON SCHEMA public FROM PUBLIC

CREATE TABLE customer (id bigint PRIMARY KEY, name text)

GRANT SELECT ON customer TO pg_monitor

CREATE FUNCTION one() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'

CREATE TYPE state AS ENUM ('on', 'off')
