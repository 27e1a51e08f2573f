CREATE DOMAIN customer_number AS bigint CHECK (VALUE > 0)

CREATE DOMAIN valued_number AS customer_number

CREATE SCHEMA app

CREATE DOMAIN app.code AS varchar(20)

CREATE TABLE customer (id bigint PRIMARY KEY, code varchar(20) UNIQUE, name text UNIQUE, uid uuid UNIQUE)

CREATE TABLE invoice (
  id bigint PRIMARY KEY,
  customer_id customer_number REFERENCES customer (id),
  valued_id valued_number REFERENCES customer (id),
  customer_code text REFERENCES customer (code),
  app_code app.code REFERENCES customer (code),
  customer_name varchar REFERENCES customer (name),
  customer_uid uuid REFERENCES customer (uid)
)
