CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, value BLOB)

CREATE TABLE invoice (id TEXT PRIMARY KEY, customer_id INTEGER REFERENCES customer, name VARCHAR(20), value TEXT)

CREATE TABLE payment (id BIGINT PRIMARY KEY, customer_id NUMERIC, value REAL)
