CREATE DOMAIN encrypted_text AS text

CREATE TABLE customer (
  id bigint PRIMARY KEY, email bytea, email_bidx text, password_hash text, iban encrypted_text, api_key text,
  is_email_valid boolean, email_id bigint, mobile boolean, phone_count integer
)

COMMENT ON COLUMN customer.api_key IS 'Hashed with SHA-256, shown once'
