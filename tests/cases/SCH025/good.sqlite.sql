CREATE TABLE customer (id INTEGER PRIMARY KEY, email BLOB, email_bidx text, password_hash text, iban ENCRYPTED_TEXT)
