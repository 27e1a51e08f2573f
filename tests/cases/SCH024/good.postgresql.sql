CREATE TYPE invoice_status AS ENUM ('draft', 'paid')

CREATE DOMAIN word AS text CHECK (VALUE IN ('yes', 'no'))

CREATE DOMAIN cents AS bigint CHECK (VALUE >= 0)

CREATE TABLE mail_status (code text PRIMARY KEY)

CREATE TABLE invoice (
  id bigint PRIMARY KEY, status invoice_status, payment_status text CHECK (payment_status IN ('open', 'paid')),
  mail_status text REFERENCES mail_status, reply_status word, http_status integer,
  net numeric(12,2), tax numeric(12,2), gross numeric(12,2), fee cents,
  doubled_amount numeric(14,2) GENERATED ALWAYS AS (net * 2) STORED,
  CHECK (gross = net + tax)
)

CREATE TABLE experiment (id bigint PRIMARY KEY, total numeric)
