CREATE TABLE customer (id serial PRIMARY KEY)

SELECT setval('customer_id_seq', 200000000)

CREATE TABLE invoice (id bigserial PRIMARY KEY, position serial)

SELECT setval('invoice_id_seq', 4000000000)

SELECT setval('invoice_position_seq', 2000000000)

CREATE TABLE country (id smallint PRIMARY KEY)
