CREATE TABLE invoice (id INTEGER PRIMARY KEY, cents INTEGER NOT NULL CHECK (cents > 0), note TEXT CHECK (note IN ('a:b', 'c')));

INSERT INTO invoice VALUES (1, 1, 'a:b'), (2, 5, NULL);
