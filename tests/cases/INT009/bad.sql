-- hints: the rows must be merged first

CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT UNIQUE);

INSERT INTO person VALUES (1, 'anna@example.com'), (2, 'Anna@example.com '), (3, 'bert@example.com');

CREATE TABLE product (org INTEGER, code TEXT, UNIQUE (org, code));

INSERT INTO product VALUES (1, 'a'), (1, 'A'), (2, 'a');
