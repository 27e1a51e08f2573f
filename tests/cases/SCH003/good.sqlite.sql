CREATE TABLE invoice (org_id bigint, id bigint, PRIMARY KEY (org_id, id))

CREATE TABLE customer (id INTEGER PRIMARY KEY, name text)

CREATE TABLE country (code text PRIMARY KEY) WITHOUT ROWID

CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)

CREATE VIEW latest AS SELECT * FROM invoice
