CREATE TABLE invoice (id INTEGER PRIMARY KEY, cents INTEGER, rate REAL, note TEXT, is_open BOOLEAN);

INSERT INTO invoice VALUES (1, 'five', 1, 'x', 1), (2, 5, 'much', x'00', 'yes');
