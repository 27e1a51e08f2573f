CREATE TABLE customer (id INTEGER PRIMARY KEY, code text CHECK (code <> ''))
