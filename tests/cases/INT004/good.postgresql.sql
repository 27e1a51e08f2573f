-- role: superuser

CREATE COLLATION german (provider = libc, locale = 'C');

CREATE COLLATION unused (provider = libc, locale = 'C');

CREATE TABLE customer (id integer PRIMARY KEY, name text COLLATE german, code text COLLATE "C");

CREATE INDEX ix_customer_name ON customer (name, code);

UPDATE pg_collation SET collversion = '0.1' WHERE collname = 'unused';
