CREATE TABLE customer (id bigint PRIMARY KEY, created_at timestamptz)

CREATE TABLE invoice (id bigint PRIMARY KEY, customer_id bigint REFERENCES customer, created_at timestamptz)

CREATE TABLE payment (id bigint PRIMARY KEY, customer_id integer, created_at timestamptz)

CREATE TABLE reminder (id bigint PRIMARY KEY, customer_id text, created_at timestamptz)

CREATE TABLE visit (id bigint PRIMARY KEY, created_at timestamp)
