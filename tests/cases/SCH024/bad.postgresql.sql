CREATE TABLE invoice (
  id bigint PRIMARY KEY, status text, payment_status varchar(20), net numeric, tax numeric(12,2), currency char(3),
  CHECK (id > 0)
)

CREATE TABLE payment (id bigint PRIMARY KEY, amount bigint)
