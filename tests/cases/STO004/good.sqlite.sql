-- settings: {"warn_bytes": 100000}

CREATE TABLE entry (id INTEGER PRIMARY KEY, note TEXT);

WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4000) INSERT INTO entry SELECT n, hex(randomblob(50)) FROM n;
