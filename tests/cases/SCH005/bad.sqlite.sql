CREATE TABLE customer (id INTEGER PRIMARY KEY, code varchar(20) UNIQUE)

CREATE TABLE invoice (
  id INTEGER PRIMARY KEY, customer_id text REFERENCES customer (id), customer_code integer REFERENCES customer (code),
  untyped REFERENCES customer (code)
)
