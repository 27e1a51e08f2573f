-- settings: {"warn_bytes": 1048576, "fail_bytes": 4194304}

CREATE TABLE entry (id integer, note text, empty text, code uuid, "when" timestamptz);

INSERT INTO entry SELECT n, repeat('x', 50 + n % 100), NULL, gen_random_uuid(), now() FROM generate_series(1, 40000) AS n;

VACUUM (ANALYZE) entry;

CREATE TABLE roomy (id bigint, flag boolean, other bigint) WITH (fillfactor = 50);

INSERT INTO roomy SELECT n, true, n FROM generate_series(1, 40000) AS n;

VACUUM (ANALYZE) roomy;
