-- hints: the rows must be mended first

CREATE TABLE invoice (id integer PRIMARY KEY, cents integer, note text);

INSERT INTO invoice VALUES (1, -1, NULL), (2, 5, 'x:y'), (3, NULL, NULL);

ALTER TABLE invoice ADD CONSTRAINT cents_positive CHECK (cents > 0) NOT VALID;

ALTER TABLE invoice ADD CONSTRAINT note_fits CHECK (note <> 'x:y') NOT VALID;
