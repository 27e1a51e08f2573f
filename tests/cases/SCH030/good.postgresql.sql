CREATE TABLE invoice (id bigint PRIMARY KEY, amount bigint)

CREATE VIEW whole AS SELECT * FROM invoice

CREATE VIEW nested AS SELECT id FROM whole

CREATE MATERIALIZED VIEW summed AS SELECT sum(amount) FROM invoice

CREATE FUNCTION amount_of(wanted bigint) RETURNS bigint LANGUAGE sql AS 'SELECT amount FROM invoice WHERE id = wanted'

CREATE SCHEMA app

CREATE TABLE app.payment (id bigint PRIMARY KEY)

CREATE FUNCTION app.paid() RETURNS bigint LANGUAGE sql SET search_path = app AS 'SELECT max(id) FROM payment'

CREATE FUNCTION anything(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1'

CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'
