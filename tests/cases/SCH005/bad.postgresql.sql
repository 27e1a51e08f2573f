CREATE TABLE customer (id bigint PRIMARY KEY, code varchar(20) UNIQUE, rate numeric(12,2) UNIQUE)

CREATE TABLE small (id integer PRIMARY KEY)

CREATE TABLE invoice (
  id bigint PRIMARY KEY,
  customer_id integer REFERENCES customer (id),
  customer_code varchar(10) REFERENCES customer (code),
  customer_rate numeric(14,2) REFERENCES customer (rate),
  padded char(20) REFERENCES customer (code),
  small_id bigint REFERENCES small (id)
)
