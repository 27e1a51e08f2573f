CREATE TABLE invoice (id INTEGER PRIMARY KEY AUTOINCREMENT, number text)

INSERT INTO invoice VALUES (7, 'a')

UPDATE sqlite_sequence SET seq = 3

CREATE TABLE payment (id INTEGER PRIMARY KEY AUTOINCREMENT)

INSERT INTO payment VALUES (2)

DELETE FROM sqlite_sequence WHERE name = 'payment'
