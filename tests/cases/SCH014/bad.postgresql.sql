CREATE TABLE customer (id serial PRIMARY KEY)

SELECT setval('customer_id_seq', 1200000000)

CREATE TABLE invoice (org_id bigint, id smallint GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (org_id, id))

SELECT setval('invoice_id_seq', 4000)
