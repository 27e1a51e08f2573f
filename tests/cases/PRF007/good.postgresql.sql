CREATE TABLE entry (id integer PRIMARY KEY, amount integer);

CREATE TABLE patient (id integer PRIMARY KEY, amount integer) WITH (autovacuum_vacuum_threshold = 100000);

INSERT INTO entry SELECT n, n FROM generate_series(1, 5000) AS n;

INSERT INTO patient SELECT n, n FROM generate_series(1, 5000) AS n;

ANALYZE entry, patient;

UPDATE entry SET amount = amount + 1 WHERE id <= 900;

UPDATE patient SET amount = amount + 1;
