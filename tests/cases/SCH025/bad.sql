CREATE TABLE customer (
  id bigint PRIMARY KEY, email text, password varchar(128), iban text, card_number varchar(20), birth_date date
)
