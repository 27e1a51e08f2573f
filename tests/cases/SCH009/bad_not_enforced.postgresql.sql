-- since: 18

CREATE SCHEMA app

CREATE TABLE app.customer (id bigint PRIMARY KEY)

CREATE TABLE app.invoice (id bigint PRIMARY KEY, customer_id bigint, amount int)

ALTER TABLE app.invoice ADD CONSTRAINT invoice_customer
  FOREIGN KEY (customer_id) REFERENCES app.customer ON DELETE CASCADE NOT ENFORCED

ALTER TABLE app.invoice ADD CONSTRAINT invoice_amount CHECK (amount > 0) NOT ENFORCED

ALTER TABLE app.invoice ADD CONSTRAINT invoice_amount_there NOT NULL amount NOT VALID
