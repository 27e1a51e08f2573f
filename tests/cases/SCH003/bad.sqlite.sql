CREATE TABLE ledger (booked_on date NOT NULL, text text)

CREATE TABLE entry (id bigint NOT NULL, note text)

CREATE TABLE country (code text NOT NULL, name text)

CREATE UNIQUE INDEX country_code ON country (code)

CREATE TABLE region (code text NOT NULL UNIQUE)

CREATE TABLE loose (code text UNIQUE)
