-- environment: production
-- settings: {"least_bytes": 100000}

CREATE TABLE entry (id INTEGER PRIMARY KEY, note TEXT);

CREATE INDEX entry_note ON entry (note);

WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000) INSERT INTO entry SELECT n, printf('%050d', n * 7919 % 20011) FROM n;

DELETE FROM entry WHERE id % 4 <> 0;
