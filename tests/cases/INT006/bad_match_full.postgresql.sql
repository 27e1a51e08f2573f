-- hints: the rows must be decided on

CREATE TABLE customer (org integer, id integer, PRIMARY KEY (org, id));

CREATE TABLE invoice (id integer PRIMARY KEY, org integer, customer_id integer);

INSERT INTO invoice VALUES (1, 1, NULL), (2, NULL, NULL);

ALTER TABLE invoice ADD CONSTRAINT fk_customer FOREIGN KEY (org, customer_id) REFERENCES customer MATCH FULL NOT VALID;
