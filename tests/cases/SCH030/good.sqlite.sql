CREATE TABLE invoice (id INTEGER PRIMARY KEY, amount int)

CREATE VIEW whole AS SELECT * FROM invoice

CREATE VIEW nested AS SELECT amount FROM whole
