CREATE TABLE invoice (id INTEGER PRIMARY KEY, cents INTEGER, rate REAL, note TEXT, is_open BOOLEAN, day DATE, amount NUMERIC(10, 2), blob BLOB);

INSERT INTO invoice VALUES (1, '5', 1, 'x', 1, '2026-03-01', 2.5, x'00'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
