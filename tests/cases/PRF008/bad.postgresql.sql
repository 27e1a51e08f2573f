CREATE TABLE never (id integer PRIMARY KEY);

INSERT INTO never SELECT n FROM generate_series(1, 5000) AS n;

CREATE TABLE grown (id integer PRIMARY KEY);

INSERT INTO grown SELECT n FROM generate_series(1, 2000) AS n;

ANALYZE grown;

INSERT INTO grown SELECT n FROM generate_series(2001, 9000) AS n;
