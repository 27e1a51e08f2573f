CREATE DOMAIN customer_number AS bigint

CREATE TABLE customer (id bigint PRIMARY KEY, name text, status text, value text, external_id text)

CREATE TABLE plan (id uuid PRIMARY KEY, name varchar(50), status integer, value numeric, external_id integer)

CREATE TABLE invoice (id bigint PRIMARY KEY, customer_id bigint REFERENCES customer, account_id bigint REFERENCES customer)

CREATE TABLE payment (id bigint PRIMARY KEY, customer_id customer_number, account_id uuid REFERENCES plan)

CREATE TABLE line (id bigint PRIMARY KEY, note text, label varchar(20))

CREATE TABLE remark (id bigint PRIMARY KEY, note integer, label varchar(50))
