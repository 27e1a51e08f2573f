CREATE TABLE invoice (id integer PRIMARY KEY, cents integer NOT NULL CHECK (cents > 0), note text CHECK (note IN ('a:b', 'c')));

INSERT INTO invoice VALUES (1, 1, 'a:b'), (2, 5, NULL);
