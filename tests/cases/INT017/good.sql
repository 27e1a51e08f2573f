-- settings: {"null_is_meant": ["booking.cancelled_on"]}

CREATE TABLE org (id INTEGER PRIMARY KEY);

INSERT INTO org VALUES (1), (2);

CREATE TABLE customer (id INTEGER PRIMARY KEY, org INTEGER NOT NULL REFERENCES org (id), number TEXT, UNIQUE (org, number));

INSERT INTO customer VALUES (1, 1, NULL), (2, 1, NULL), (3, 1, '7'), (4, 2, '7');

CREATE TABLE booking (id INTEGER PRIMARY KEY, room TEXT, cancelled_on DATE, UNIQUE (room, cancelled_on));

INSERT INTO booking VALUES (1, 'a', NULL), (2, 'a', NULL);

CREATE TABLE account (id INTEGER PRIMARY KEY, email TEXT, deleted_on DATE, UNIQUE (email, deleted_on));

INSERT INTO account VALUES (1, 'anna@example.com', NULL), (2, 'bert@example.com', NULL), (3, NULL, NULL), (4, NULL, NULL);

CREATE TABLE once (id INTEGER PRIMARY KEY, code TEXT, place TEXT);

CREATE UNIQUE INDEX once_open ON once (code) WHERE place IS NULL;

INSERT INTO once VALUES (1, 'a', 'x'), (2, 'a', 'y'), (3, 'a', NULL);

CREATE TABLE payment (id INTEGER PRIMARY KEY, provider TEXT NOT NULL, external_number TEXT, UNIQUE (provider, external_number));

INSERT INTO payment VALUES (1, 'card', NULL), (2, 'card', NULL);

CREATE TABLE shift (id INTEGER PRIMARY KEY, org INTEGER REFERENCES org (id), day DATE, UNIQUE (org, day));

INSERT INTO shift VALUES (1, NULL, '2026-01-01'), (2, NULL, '2026-01-01');
