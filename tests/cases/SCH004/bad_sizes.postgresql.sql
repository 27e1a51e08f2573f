-- role: superuser

CREATE TABLE country (code text PRIMARY KEY)

CREATE TABLE tax_rate (id bigint PRIMARY KEY, country_code text REFERENCES country)

INSERT INTO country VALUES ('de')

INSERT INTO tax_rate SELECT n, 'de' FROM generate_series(1, 40) AS n

CREATE TABLE entry (id bigint PRIMARY KEY, country_code text REFERENCES country)

ANALYZE

UPDATE pg_class SET reltuples = 2500000 WHERE relname = 'entry'

CREATE TABLE line (country_code text REFERENCES country, n int, PRIMARY KEY (n)) PARTITION BY RANGE (n)

CREATE TABLE line_low PARTITION OF line FOR VALUES FROM (0) TO (10)

CREATE TABLE line_high PARTITION OF line FOR VALUES FROM (10) TO (20)

CREATE INDEX line_low_country ON line_low (country_code)

CREATE TABLE note (id bigint PRIMARY KEY, country_code text REFERENCES country)

CREATE INDEX note_brin ON note USING brin (country_code)

CREATE INDEX note_expression ON note (lower(country_code))

CREATE INDEX note_included ON note (id) INCLUDE (country_code)
