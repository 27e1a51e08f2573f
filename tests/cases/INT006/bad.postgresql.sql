-- role: superuser
-- hints: the rows must be decided on

CREATE TABLE customer (id integer PRIMARY KEY);

CREATE TABLE invoice (id integer PRIMARY KEY, customer_id integer, CONSTRAINT fk_customer FOREIGN KEY (customer_id) REFERENCES customer);

INSERT INTO customer VALUES (1);

SET session_replication_role = replica;

INSERT INTO invoice VALUES (1, 1), (2, 7), (3, 8), (4, NULL);
