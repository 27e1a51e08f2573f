CREATE TABLE invoice (id bigint PRIMARY KEY, amount bigint)

CREATE TABLE payment (id bigint, paid bigint)

CREATE FUNCTION paid(wanted bigint) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT paid FROM payment WHERE id = wanted'

CREATE FUNCTION bound(bigint) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM invoice; END

CREATE VIEW standing AS SELECT id, paid(id) AS paid FROM invoice

CREATE VIEW whole AS SELECT id FROM invoice

DROP TABLE payment

CREATE MATERIALIZED VIEW summed AS SELECT sum(amount) FROM invoice WITH NO DATA
