-- hints: the rows must be merged first

CREATE TABLE org (id INTEGER PRIMARY KEY);

INSERT INTO org VALUES (1), (2);

CREATE TABLE account (id INTEGER PRIMARY KEY, email TEXT, deleted_on DATE, CONSTRAINT account_once UNIQUE (email, deleted_on));

INSERT INTO account VALUES (1, 'anna@example.com', NULL), (2, 'anna@example.com', NULL), (3, 'bert@example.com', NULL), (4, 'bert@example.com', '2026-01-01');

CREATE TABLE price (id INTEGER PRIMARY KEY, org INTEGER NOT NULL REFERENCES org (id), code TEXT NOT NULL, customer INTEGER REFERENCES org (id));

CREATE UNIQUE INDEX price_once ON price (org, code, customer);

INSERT INTO price VALUES (1, 1, 'a', NULL), (2, 1, 'a', NULL), (3, 2, 'a', NULL), (4, 1, 'a', 2);
