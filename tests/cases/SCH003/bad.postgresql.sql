CREATE TABLE ledger (booked_on date NOT NULL, text text)

CREATE TABLE entry (id bigint NOT NULL, note text)

CREATE TABLE country (code text NOT NULL, name text)

CREATE UNIQUE INDEX country_code ON country (code)

CREATE TABLE region (code text NOT NULL UNIQUE)

CREATE TABLE loose (code text)

CREATE UNIQUE INDEX loose_code ON loose (code)

CREATE TABLE measure (day date NOT NULL, value int) PARTITION BY RANGE (day)

CREATE TABLE measure_2026 PARTITION OF measure FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')

CREATE SCHEMA app

CREATE TABLE app."Order" (total int)
