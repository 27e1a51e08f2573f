CREATE TABLE customer (id INTEGER PRIMARY KEY, code varchar(20) UNIQUE, rate NUMERIC UNIQUE)

CREATE TABLE invoice (
  id INTEGER PRIMARY KEY, customer_id bigint REFERENCES customer, customer_code text REFERENCES Customer (CODE),
  rate int REFERENCES customer (rate), lost_id int REFERENCES nowhere (id)
)
