-- What shows elsewhere than where it was altered, and what is the same again under other numbers.
-- Cases as in the other files; nothing of them stays.

-- table made
CREATE TABLE worded.fresh (id serial PRIMARY KEY, unit_id integer REFERENCES worded.unit (id), UNIQUE (unit_id));

-- table made with the whole row of another
CREATE TABLE worded.fresh (one worded.mate);

-- table dropped
DROP TABLE worded.alone;

-- table dropped with what depends on it
DROP TABLE worded.unit CASCADE;

-- table dropped and made again
DROP TABLE worded.alone;
CREATE TABLE worded.alone (id integer, note text);

-- table dropped and made again otherwise
DROP TABLE worded.alone;
CREATE TABLE worded.alone (note text, id bigint PRIMARY KEY);

-- table becomes a view
DROP TABLE worded.alone;
CREATE VIEW worded.alone AS SELECT 1 AS id, code AS note FROM worded.mate;

-- table renamed
ALTER TABLE worded.unit RENAME TO piece;

-- table renamed under a policy and a rule
ALTER TABLE worded.mate RENAME TO fellow;

-- tables that swap names
ALTER TABLE worded.mate RENAME TO between;
ALTER TABLE worded.alone RENAME TO mate;
ALTER TABLE worded.between RENAME TO alone;

-- table moved to another schema
CREATE SCHEMA beside;
ALTER TABLE worded.unit SET SCHEMA beside;

-- table moved to a schema that is there
ALTER TABLE worded.unit SET SCHEMA public;

-- schema renamed
ALTER SCHEMA worded RENAME TO phrased;

-- schema dropped
DROP SCHEMA worded CASCADE;

-- column renamed under everything
ALTER TABLE worded.unit RENAME label TO title;
ALTER TABLE worded.unit RENAME id TO number;

-- column renamed under a foreign key
ALTER TABLE worded.unit RENAME code TO sign;

-- column renamed under a policy of another table
ALTER TABLE worded.mate RENAME code TO sign;

-- column of a view renamed
ALTER VIEW worded.seen RENAME line_id TO line_number;

-- columns that swap names
ALTER TABLE worded.alone RENAME id TO between;
ALTER TABLE worded.alone RENAME note TO id;
ALTER TABLE worded.alone RENAME between TO note;

-- column added beside others of its name
ALTER TABLE worded.line ADD label text;
ALTER TABLE worded.mate ADD label text;

-- column added to a table that views join
ALTER TABLE worded.mate ADD name text;
ALTER TABLE worded.mate ADD id integer;

-- column dropped that nothing depends on
ALTER TABLE worded.line DROP doubled;

-- column dropped with what depends on it
ALTER TABLE worded.unit DROP code CASCADE;

-- column dropped and added again
ALTER TABLE worded.alone DROP note;
ALTER TABLE worded.alone ADD note text;

-- column of another type
ALTER TABLE worded.alone ALTER id TYPE bigint;

-- column of a table whose row is a type
ALTER TABLE worded.shape ADD height integer;
ALTER TABLE worded.counted ADD note text;

-- column renamed in a function of standard SQL
ALTER TABLE worded.counted RENAME id TO number;

-- column renamed in a statistics object
ALTER TABLE worded.measured RENAME width TO breadth;

-- table renamed whose row is a type
ALTER TABLE worded.shape RENAME TO outline;

-- type renamed
ALTER TYPE worded.state RENAME TO condition;

-- type moved
ALTER TYPE worded.state SET SCHEMA public;

-- label of an enum renamed
ALTER TYPE worded.state RENAME VALUE 'new' TO 'fresh';

-- label of an enum added
ALTER TYPE worded.state ADD VALUE 'lost' BEFORE 'old';

-- domain renamed
ALTER DOMAIN worded.short RENAME TO brief;

-- domain with a rule
ALTER DOMAIN worded.short ADD CONSTRAINT short_check CHECK (VALUE <> 'x');

-- function renamed under a default
ALTER FUNCTION worded.next_rank() RENAME TO following_rank;

-- function renamed under a check
ALTER FUNCTION worded.is_fine(text) RENAME TO is_good;

-- function renamed under a trigger
ALTER FUNCTION worded.touched() RENAME TO moved;

-- function moved
ALTER FUNCTION worded.next_rank() SET SCHEMA public;

-- function replaced
CREATE OR REPLACE FUNCTION worded.next_rank() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RETURN 2; END $$;

-- sequence renamed under a default
ALTER SEQUENCE worded.numbers RENAME TO figures;

-- sequence of a column renamed
ALTER SEQUENCE worded.unit_id_seq RENAME TO unit_numbers;

-- sequence moved
ALTER SEQUENCE worded.numbers SET SCHEMA public;

-- sequence that belongs to another column
ALTER SEQUENCE worded.numbers OWNED BY worded.alone.id;

-- sequence that belongs to none any more
ALTER SEQUENCE worded.unit_id_seq OWNED BY NONE;

-- sequence made and dropped
CREATE SEQUENCE worded.others INCREMENT 5 OWNED BY worded.alone.id;
DROP SEQUENCE worded.numbers CASCADE;

-- sequence altered and set
ALTER SEQUENCE worded.numbers MAXVALUE 99 CYCLE;
SELECT setval('worded.numbers', 7);

-- constraint renamed
ALTER TABLE worded.unit RENAME CONSTRAINT unit_kept TO unit_is_kept;

-- key renamed
ALTER TABLE worded.unit RENAME CONSTRAINT unit_pkey TO unit_key;

-- key renamed whose triggers are disabled
ALTER TABLE worded.unit DISABLE TRIGGER ALL;
ALTER TABLE worded.line RENAME CONSTRAINT line_unit_id_fkey TO line_of_unit;

-- foreign key made and validated
ALTER TABLE worded.alone ADD CONSTRAINT alone_fk FOREIGN KEY (note) REFERENCES worded.mate (code) NOT VALID;
ALTER TABLE worded.alone VALIDATE CONSTRAINT alone_fk;

-- foreign key to a partitioned table
ALTER TABLE worded.day ADD PRIMARY KEY (at);
ALTER TABLE worded.alone ADD at date REFERENCES worded.day (at);

-- index renamed
ALTER INDEX worded.unit_label RENAME TO unit_by_label;

-- index made and dropped
CREATE INDEX alone_note ON worded.alone (note);
DROP INDEX worded.unit_label;

-- index with a statistics target
CREATE INDEX alone_lower ON worded.alone (lower(note));
ALTER INDEX worded.alone_lower ALTER COLUMN 1 SET STATISTICS 77;

-- index of a partitioned table renamed
ALTER INDEX worded.day_kind RENAME TO day_by_kind;

-- index that a table is clustered by
ALTER TABLE worded.unit CLUSTER ON unit_pkey;
ALTER TABLE worded.unit REPLICA IDENTITY USING INDEX unit_code_key;

-- partition made
CREATE TABLE worded.day_2 PARTITION OF worded.day FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');

-- partition detached
ALTER TABLE worded.day DETACH PARTITION worded.day_1;

-- partitioned table renamed
ALTER TABLE worded.day RENAME TO date;

-- column of a partitioned table
ALTER TABLE worded.day ADD note text;

-- column of a parent
ALTER TABLE worded.elder ADD less text;

-- parent renamed
ALTER TABLE worded.elder RENAME TO oldest;

-- no parent any more
ALTER TABLE worded.younger NO INHERIT worded.elder;

-- view replaced
CREATE OR REPLACE VIEW worded.seen_again AS SELECT code, line_id, line_id + 1 AS next_id FROM worded.seen;

-- view replaced under another
CREATE OR REPLACE VIEW worded.seen AS
  SELECT u.*, l.id AS line_id, l.rank FROM worded.unit u JOIN worded.line l ON l.unit_id = u.id;

-- view renamed under another
ALTER VIEW worded.seen RENAME TO shown;

-- view with options
ALTER VIEW worded.seen SET (security_barrier = true);

-- materialized view without rows
REFRESH MATERIALIZED VIEW worded.kept WITH NO DATA;

-- trigger made, disabled and renamed
CREATE TRIGGER unit_touched AFTER INSERT ON worded.unit FOR EACH ROW EXECUTE FUNCTION worded.touched();
ALTER TABLE worded.unit DISABLE TRIGGER unit_touched;
ALTER TRIGGER line_touched ON worded.line RENAME TO line_moved;

-- policy for another role
CREATE POLICY unit_policy ON worded.unit FOR SELECT TO catalog_reader USING (kept > 2);
ALTER TABLE worded.unit ENABLE ROW LEVEL SECURITY;

-- rule dropped
DROP RULE line_rule ON worded.line;

-- role renamed
ALTER TABLE worded.unit OWNER TO catalog_owner;
GRANT SELECT ON worded.mate TO catalog_reader;
ALTER ROLE catalog_owner RENAME TO catalog_keeper;
ALTER ROLE catalog_reader RENAME TO catalog_looker;

-- owner of a table with a sequence
ALTER TABLE worded.unit OWNER TO catalog_owner;

-- owner of a schema
ALTER SCHEMA worded OWNER TO catalog_owner;

-- grants on all tables
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA worded TO catalog_reader;

-- grants on a column, a sequence and a type
GRANT UPDATE (label) ON worded.unit TO catalog_reader;
GRANT USAGE ON SEQUENCE worded.numbers TO catalog_reader;
GRANT USAGE ON TYPE worded.state TO catalog_reader;

-- default privileges
ALTER DEFAULT PRIVILEGES IN SCHEMA worded GRANT SELECT ON TABLES TO catalog_reader;
CREATE TABLE worded.fresh (id integer);

-- comments on everything
COMMENT ON TABLE worded.unit IS 'a';
COMMENT ON COLUMN worded.unit.label IS 'b';
COMMENT ON INDEX worded.unit_label IS 'c';
COMMENT ON CONSTRAINT unit_kept ON worded.unit IS 'd';
COMMENT ON TRIGGER line_touched ON worded.line IS 'e';
COMMENT ON SEQUENCE worded.numbers IS 'f';

-- comment on a table that is dropped
DROP TABLE worded.mate CASCADE;

-- storage of a table and of its long values
ALTER TABLE worded.unit SET (fillfactor = 70, toast.autovacuum_enabled = off);

-- storage of long values made anew
ALTER TABLE worded.alone SET (toast.autovacuum_enabled = off);
ALTER TABLE worded.alone ALTER id TYPE bigint;

-- statistics of a table
INSERT INTO worded.alone SELECT n, 'x' FROM generate_series(1, 500) n;
ANALYZE worded.alone;

-- statistics object made
CREATE STATISTICS worded.fresh ON id, note FROM worded.alone;

-- publication made
CREATE PUBLICATION worded_news FOR TABLE worded.alone;
ALTER TABLE worded.alone ADD late integer;

-- table of an extension
CREATE TABLE worded.fresh (id integer);
ALTER EXTENSION plpgsql ADD TABLE worded.alone;

-- temporary tables
CREATE TEMPORARY TABLE alone (id serial PRIMARY KEY);
CREATE TEMPORARY VIEW unit AS SELECT * FROM worded.unit;

-- own tables of the tool beside others
CREATE SCHEMA dbops;
CREATE TABLE dbops.journal (id serial PRIMARY KEY);
CREATE TABLE worded.fresh (id integer);

-- path and settings of the session
SET LOCAL search_path = worded, public, pg_catalog;
SET LOCAL datestyle = 'German';
SET LOCAL plan_cache_mode = force_custom_plan;
CREATE TABLE fresh (at date DEFAULT '2024-02-01');

-- what the session had prepared is gone
DEALLOCATE ALL;
CREATE TABLE worded.fresh (id integer);

-- settings of the database
ALTER DATABASE catalog_museum SET timezone = 'Asia/Tokyo';

-- savepoint that stays
SAVEPOINT one;
CREATE TABLE worded.fresh (id integer);
RELEASE SAVEPOINT one;

-- savepoint that is rolled back
SAVEPOINT one;
CREATE TABLE worded.fresh (id integer);
ALTER TABLE worded.alone ADD late integer;
ROLLBACK TO SAVEPOINT one;
ALTER TABLE worded.alone ADD later text;

-- many at once
ALTER TABLE worded.alone ADD extra integer DEFAULT 3, ADD UNIQUE (id), ALTER note SET NOT NULL;
ALTER TABLE worded.line DROP rank CASCADE;
CREATE TABLE worded.fresh (id integer PRIMARY KEY REFERENCES worded.alone (id));
DROP VIEW worded.seen_again;
