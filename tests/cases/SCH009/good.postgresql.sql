CREATE TABLE customer (id bigint PRIMARY KEY)

CREATE TABLE invoice (id bigint PRIMARY KEY, customer_id bigint REFERENCES customer, amount int CHECK (amount > 0))

ALTER TABLE invoice ADD CONSTRAINT later CHECK (amount < 1000000) NOT VALID

ALTER TABLE invoice VALIDATE CONSTRAINT later
