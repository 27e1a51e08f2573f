-- sessions: each

CREATE TABLE empty (id integer PRIMARY KEY);

CREATE TABLE small (id integer PRIMARY KEY);

INSERT INTO small SELECT n FROM generate_series(1, 900) AS n;

CREATE TABLE analysed (id integer PRIMARY KEY);

INSERT INTO analysed SELECT n FROM generate_series(1, 5000) AS n;

ANALYZE analysed;
