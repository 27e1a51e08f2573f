CREATE TABLE customer (org_id bigint, id bigint, PRIMARY KEY (org_id, id))

CREATE TABLE organization (id bigint PRIMARY KEY)

CREATE TABLE category (id bigint PRIMARY KEY, parent_id bigint REFERENCES category (id))

CREATE INDEX category_parent ON category (parent_id) WHERE parent_id IS NOT NULL

CREATE TABLE invoice (
  org_id bigint REFERENCES organization (id), id bigint, customer_id bigint, quote_id bigint,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id),
  FOREIGN KEY (org_id, quote_id) REFERENCES customer (org_id, id)
)

CREATE INDEX invoice_customer ON invoice (customer_id, org_id)

CREATE INDEX invoice_quote ON invoice (quote_id)

CREATE TABLE membership (
  user_id bigint REFERENCES category, role_id bigint REFERENCES category, hashed bigint REFERENCES category,
  PRIMARY KEY (user_id, role_id), UNIQUE (role_id)
)

CREATE INDEX membership_hashed ON membership USING hash (hashed)

CREATE TABLE line (category_id bigint REFERENCES category, n int, PRIMARY KEY (n)) PARTITION BY RANGE (n)

CREATE TABLE line_low PARTITION OF line FOR VALUES FROM (0) TO (10)

CREATE TABLE line_high PARTITION OF line FOR VALUES FROM (10) TO (20)

CREATE INDEX line_low_category ON line_low (category_id, n)

CREATE INDEX line_high_category ON line_high (category_id)
