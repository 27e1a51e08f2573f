-- settings: {"warn_bytes": 1048576, "fail_bytes": 4194304}

CREATE TABLE entry (id integer, note text);

INSERT INTO entry SELECT n, repeat('x', 100) FROM generate_series(1, 40000) AS n;

DELETE FROM entry WHERE id % 10 <> 0;

VACUUM (ANALYZE) entry;

CREATE TABLE half (id integer, note text);

INSERT INTO half SELECT n, repeat('x', 100) FROM generate_series(1, 40000) AS n;

DELETE FROM half WHERE id % 2 = 0;

VACUUM (ANALYZE) half;
