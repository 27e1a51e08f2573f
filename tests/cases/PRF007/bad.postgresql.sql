CREATE TABLE entry (id integer PRIMARY KEY, amount integer);

INSERT INTO entry SELECT n, n FROM generate_series(1, 5000) AS n;

ANALYZE entry;

UPDATE entry SET amount = amount + 1;
