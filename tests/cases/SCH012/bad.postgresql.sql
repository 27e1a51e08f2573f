CREATE TABLE customer (id integer PRIMARY KEY)

CREATE SEQUENCE customer_seq AS bigint

ALTER TABLE customer ALTER COLUMN id SET DEFAULT nextval('customer_seq')

SELECT setval('customer_seq', 2000000000)

CREATE TABLE invoice (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)

SELECT setval('invoice_id_seq', 25000)

CREATE SEQUENCE "Alone" AS integer INCREMENT -1 MINVALUE -100

SELECT setval('"Alone"', -95)
