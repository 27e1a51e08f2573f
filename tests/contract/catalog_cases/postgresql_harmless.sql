-- Changes that mean nothing. In brackets: the facet under which the difference may still name them.

-- column order [column order]
ALTER TABLE alone DROP id, ADD id integer;

-- gap left by a dropped column
ALTER TABLE item ADD gap integer;
ALTER TABLE item DROP gap;

-- oids
DROP TABLE alone;
CREATE TABLE alone (id integer, shared text);

-- order in which indexes were made
DROP INDEX item_note_idx;
CREATE INDEX item_note_idx ON item (note);

-- order in which constraints were made
ALTER TABLE item DROP CONSTRAINT item_amount_check;
ALTER TABLE item ADD CONSTRAINT item_amount_check CHECK (amount >= 0);

-- format of a check
ALTER TABLE item DROP CONSTRAINT item_amount_check;
ALTER TABLE item ADD CONSTRAINT item_amount_check CHECK (  ( amount  >=0 ) );

-- format of a view
CREATE OR REPLACE VIEW item_view AS
  select i.id,   i.name from item i where i.flag;
CREATE OR REPLACE VIEW item_view AS SELECT id, name FROM item WHERE flag;

-- rows and statistics
INSERT INTO parent VALUES (1, 'a', 'b');
ANALYZE parent;

-- how far a sequence has counted
SELECT nextval('counter'), setval('item_number_seq', 500);

-- explicit grant equal to the default
GRANT ALL ON item TO CURRENT_USER;

-- explicit function grant equal to the default
GRANT EXECUTE ON FUNCTION twice(integer) TO PUBLIC;

-- grant taken back
GRANT SELECT ON item TO catalog_reader;
REVOKE SELECT ON item FROM catalog_reader;

-- column grant taken back
GRANT SELECT (tag) ON item TO catalog_reader;
REVOKE SELECT (tag) ON item FROM catalog_reader;

-- comment taken back
COMMENT ON TABLE item IS 'x';
COMMENT ON TABLE item IS NULL;

-- default of null
ALTER TABLE item ALTER tag SET DEFAULT NULL;

-- spelling of a type
ALTER TABLE app.elsewhere ALTER id TYPE int8;

-- own tables of the tool
CREATE SCHEMA dbops;
CREATE TABLE dbops.journal (id integer);
CREATE FUNCTION dbops.f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE SEQUENCE dbops.s;
CREATE TYPE dbops.e AS ENUM ('x');
CREATE VIEW dbops.v AS SELECT 1 AS one;
COMMENT ON TABLE dbops.journal IS 'x';

-- temporary table
CREATE TEMPORARY TABLE passing (id integer PRIMARY KEY);

-- missing value of an added column
INSERT INTO alone VALUES (1, 'a');
ALTER TABLE alone ADD late integer DEFAULT 5;
ALTER TABLE alone DROP late;

-- rewritten table
CREATE INDEX again ON alone (id);
DROP INDEX again;
TRUNCATE alone;

-- rank of an enum's labels
DROP TYPE shell;
CREATE TYPE shell;
UPDATE pg_enum SET enumsortorder = enumsortorder + 5 WHERE enumtypid = 'mood'::regtype;

-- storage parameter reset
ALTER TABLE alone SET (fillfactor = 70);
ALTER TABLE alone RESET (fillfactor);

-- statistics target reset
ALTER TABLE item ALTER tag SET STATISTICS 5;
ALTER TABLE item ALTER tag SET STATISTICS -1;

-- name of the default locale of the session
SET LOCAL datestyle = 'German';
SET LOCAL timezone = 'Asia/Tokyo';
SET LOCAL search_path = app, public;
SET LOCAL quote_all_identifiers = on;

-- expression of an index beside another key and back
DROP INDEX item_lower_idx;
CREATE INDEX item_lower_idx ON item ((note || tag), id);
DROP INDEX item_lower_idx;
CREATE INDEX item_lower_idx ON item (lower(note)) WHERE flag;
