CREATE TABLE customer (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY)

SELECT setval('customer_id_seq', 1000000000)

CREATE TABLE invoice (id bigserial PRIMARY KEY)

SELECT setval('invoice_id_seq', 4000000000)

CREATE SEQUENCE unused AS smallint

CREATE SEQUENCE far_start AS integer START 2000000000

CREATE SEQUENCE rotating AS smallint MAXVALUE 100 CYCLE

SELECT setval('rotating', 99)
