CREATE TABLE customer (id INTEGER PRIMARY KEY, code text, name text)

CREATE UNIQUE INDEX customer_code ON customer (code) WHERE code <> ''

CREATE TABLE invoice (
  id INTEGER PRIMARY KEY, customer_id int REFERENCES customer (id), order_id int REFERENCES "order" (id),
  customer_name text REFERENCES customer (name), customer_code text REFERENCES customer (code)
)
