-- settings: {"case_matters": ["voucher.code"]}

CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT UNIQUE, phone TEXT);

INSERT INTO person VALUES (1, 'anna@example.com', '1'), (2, 'bert@example.com', '1'), (3, NULL, NULL), (4, NULL, NULL);

CREATE TABLE voucher (id INTEGER PRIMARY KEY, code TEXT UNIQUE);

INSERT INTO voucher VALUES (1, 'x'), (2, 'X');

CREATE TABLE product (org INTEGER, code TEXT, UNIQUE (org, code));

INSERT INTO product VALUES (1, 'a'), (2, 'A');
