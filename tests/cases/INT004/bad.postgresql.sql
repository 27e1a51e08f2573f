-- role: superuser
-- hints: REINDEX is a command of several steps

CREATE COLLATION german (provider = libc, locale = 'C');

CREATE TABLE customer (id integer PRIMARY KEY, name text COLLATE german);

CREATE INDEX ix_customer_name ON customer (name);

UPDATE pg_collation SET collversion = '0.1' WHERE collname = 'german';
