-- role: superuser

GRANT CREATE ON SCHEMA public TO dbops_owner

SET ROLE dbops_owner

CREATE TABLE invoice (id bigserial PRIMARY KEY)

CREATE TABLE customer (id bigint PRIMARY KEY)

CREATE VIEW names AS SELECT id FROM customer

RESET ROLE

CREATE TABLE by_hand (id bigserial PRIMARY KEY)

CREATE FUNCTION one(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'
