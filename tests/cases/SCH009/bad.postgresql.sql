CREATE TABLE customer (id bigint PRIMARY KEY)

CREATE TABLE invoice (id bigint PRIMARY KEY, customer_id bigint, amount int)

ALTER TABLE invoice ADD CONSTRAINT invoice_customer FOREIGN KEY (customer_id) REFERENCES customer NOT VALID

ALTER TABLE invoice ADD CONSTRAINT "invoice Amount" CHECK (amount > 0) NOT VALID
