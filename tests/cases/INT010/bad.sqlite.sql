CREATE TABLE invoice (id INTEGER PRIMARY KEY, cents INTEGER, CONSTRAINT cents_positive CHECK (cents > 0));

PRAGMA ignore_check_constraints = ON;

INSERT INTO invoice VALUES (1, -1), (2, 5), (3, NULL);
