CREATE TABLE invoice (id INTEGER PRIMARY KEY, amount int)

CREATE VIEW whole AS SELECT * FROM invoice

CREATE VIEW lost AS SELECT * FROM payment

CREATE VIEW "lost column" AS SELECT due_on FROM invoice

CREATE VIEW nested AS SELECT * FROM lost
