CREATE TYPE moment AS ENUM ('now', 'later')

CREATE TABLE invoice (
  id bigserial PRIMARY KEY, issued_at timestamptz, issued_on date, opens_at time, price numeric(14,2), payload jsonb,
  country char(2), currency char(3), note text, number varchar(12), latitude double precision, is_paid boolean,
  happens moment, tags text[], address inet
)

CREATE TABLE experiment (id bigint PRIMARY KEY, total double precision, loss real, weight real, score float)
