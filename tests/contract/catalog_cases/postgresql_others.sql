-- All rarer kinds of object, each attribute altered alone.
-- Each case: "-- name [facet; since MAJOR; also FACETS]", then its statements. The facet is structure unless named.
-- Nothing of a case stays: it runs in a transaction that is rolled back.

-- schema added
CREATE SCHEMA other;

-- schema renamed
ALTER SCHEMA app RENAME TO other;

-- schema owner [owner]
ALTER SCHEMA app OWNER TO catalog_owner;

-- schema comment [comment]
COMMENT ON SCHEMA app IS 'why';

-- schema grant [privilege]
GRANT USAGE ON SCHEMA app TO catalog_reader;

-- schema public grant [privilege]
GRANT CREATE ON SCHEMA public TO catalog_reader;

-- extension dropped [also anything]
DROP EXTENSION plpgsql CASCADE;

-- extension version
UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'plpgsql';

-- extension comment [comment]
COMMENT ON EXTENSION plpgsql IS 'why';

-- event trigger dropped
DROP EVENT TRIGGER watching;

-- event trigger renamed
ALTER EVENT TRIGGER watching RENAME TO other;

-- event trigger disabled [state]
ALTER EVENT TRIGGER watching DISABLE;

-- event trigger tags
DROP EVENT TRIGGER watching;
CREATE EVENT TRIGGER watching ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION', 'DROP EXTENSION') EXECUTE FUNCTION watch();

-- event trigger event
DROP EVENT TRIGGER watching;
CREATE EVENT TRIGGER watching ON ddl_command_end WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION watch();

-- event trigger function
DROP EVENT TRIGGER watching;
CREATE EVENT TRIGGER watching ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION observe();

-- event trigger comment [comment]
COMMENT ON EVENT TRIGGER watching IS 'why';

-- default privileges added [privilege]
ALTER DEFAULT PRIVILEGES FOR ROLE catalog_owner GRANT INSERT ON TABLES TO catalog_reader;

-- default privileges in a schema [privilege]
ALTER DEFAULT PRIVILEGES FOR ROLE catalog_owner IN SCHEMA app GRANT SELECT ON TABLES TO catalog_reader;

-- default privileges on functions [privilege]
ALTER DEFAULT PRIVILEGES FOR ROLE catalog_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- database setting [setting]
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 9999', current_database()); END $$;

-- database setting of a role [setting]
DO $$ BEGIN EXECUTE format('ALTER ROLE catalog_reader IN DATABASE %I SET work_mem = 9999', current_database()); END $$;

-- database connection limit [setting]
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 9', current_database()); END $$;

-- database comment [comment]
DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS ''why''', current_database()); END $$;

-- database grant [privilege]
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO catalog_reader', current_database()); END $$;

-- cast dropped
DROP CAST (integer AS mood);

-- cast context
DROP CAST (integer AS mood);
CREATE CAST (integer AS mood) WITH FUNCTION int_to_mood(integer) AS ASSIGNMENT;

-- cast method
DROP CAST (integer AS mood);
CREATE CAST (integer AS mood) WITH INOUT;

-- cast comment [comment]
COMMENT ON CAST (integer AS mood) IS 'why';

-- collation dropped
DROP COLLATION plain;

-- collation locale
DROP COLLATION plain;
CREATE COLLATION plain FROM "POSIX";

-- collation owner [owner]
ALTER COLLATION plain OWNER TO catalog_owner;

-- collation comment [comment]
COMMENT ON COLLATION plain IS 'why';

-- conversion dropped
DROP CONVERSION latin;

-- conversion default
DROP CONVERSION latin;
CREATE DEFAULT CONVERSION latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;

-- conversion comment [comment]
COMMENT ON CONVERSION latin IS 'why';

-- operator dropped
DROP OPERATOR === (integer, integer);

-- operator commutator
DROP OPERATOR === (integer, integer);
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq, COMMUTATOR = ===);

-- operator restriction
ALTER OPERATOR === (integer, integer) SET (RESTRICT = eqsel);

-- operator join
ALTER OPERATOR === (integer, integer) SET (JOIN = eqjoinsel);

-- operator hashes
DROP OPERATOR === (integer, integer);
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq, HASHES);

-- operator function
DROP OPERATOR === (integer, integer);
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4ne);

-- operator comment [comment]
COMMENT ON OPERATOR === (integer, integer) IS 'why';

-- operator class dropped
DROP OPERATOR CLASS int_ops USING btree;

-- operator class renamed
ALTER OPERATOR CLASS int_ops USING btree RENAME TO other_ops;

-- operator family member
ALTER OPERATOR FAMILY ints USING btree ADD OPERATOR 1 < (integer, bigint);

-- operator family of the server extended
CREATE FUNCTION eq(integer, numeric) RETURNS boolean LANGUAGE sql AS 'SELECT $1 = $2';
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = numeric, FUNCTION = eq);
ALTER OPERATOR FAMILY integer_ops USING hash ADD OPERATOR 1 === (integer, numeric);

-- operator family dropped
DROP OPERATOR FAMILY ints USING btree CASCADE;

-- access method dropped
DROP ACCESS METHOD gist_again;

-- access method comment [comment]
COMMENT ON ACCESS METHOD gist_again IS 'why';

-- language dropped
DROP LANGUAGE speech;

-- language trusted
CREATE OR REPLACE TRUSTED LANGUAGE speech HANDLER plpgsql_call_handler;

-- language inline
CREATE OR REPLACE LANGUAGE speech HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler;

-- language comment [comment]
COMMENT ON LANGUAGE speech IS 'why';

-- transform dropped
DROP TRANSFORM FOR integer LANGUAGE sql;

-- transform to sql
CREATE OR REPLACE TRANSFORM FOR integer LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal));

-- transform comment [comment]
COMMENT ON TRANSFORM FOR integer LANGUAGE sql IS 'why';

-- text search configuration mapping
ALTER TEXT SEARCH CONFIGURATION searching ALTER MAPPING FOR word WITH english_stem;

-- text search configuration mapping added
ALTER TEXT SEARCH CONFIGURATION searching ADD MAPPING FOR int WITH simple;

-- text search configuration order
ALTER TEXT SEARCH CONFIGURATION searching ALTER MAPPING FOR word WITH simple, english_stem;

-- text search configuration comment [comment]
COMMENT ON TEXT SEARCH CONFIGURATION searching IS 'why';

-- text search dictionary option
ALTER TEXT SEARCH DICTIONARY dictionary (accept = false);

-- text search dictionary dropped
DROP TEXT SEARCH DICTIONARY dictionary;

-- text search parser dropped
DROP TEXT SEARCH PARSER parser;

-- text search parser headline
DROP TEXT SEARCH PARSER parser;
CREATE TEXT SEARCH PARSER parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);

-- text search template init
DROP TEXT SEARCH TEMPLATE template;
CREATE TEXT SEARCH TEMPLATE template (INIT = dsimple_init, LEXIZE = dsimple_lexize);

-- statistics object dropped
DROP STATISTICS item_stats;

-- statistics object kinds
DROP STATISTICS item_stats;
CREATE STATISTICS item_stats (mcv) ON parent_id, name FROM item;

-- statistics object columns
DROP STATISTICS item_stats;
CREATE STATISTICS item_stats (dependencies) ON parent_id, tag FROM item;

-- statistics object expression
DROP STATISTICS item_stats;
CREATE STATISTICS item_stats (dependencies) ON parent_id, (lower(name)) FROM item;

-- statistics object target
ALTER STATISTICS item_stats SET STATISTICS 7;

-- statistics object comment [comment]
COMMENT ON STATISTICS item_stats IS 'why';

-- publication dropped
DROP PUBLICATION news;

-- publication table
ALTER PUBLICATION news ADD TABLE item;

-- publication actions
ALTER PUBLICATION news SET (publish = 'insert');

-- publication via root
ALTER PUBLICATION news SET (publish_via_partition_root = true);

-- publication columns [since 15]
ALTER PUBLICATION news SET TABLE parent (id);

-- publication filter [since 15]
ALTER PUBLICATION news SET TABLE parent WHERE (id > 0);

-- publication schema [since 15]
ALTER PUBLICATION news ADD TABLES IN SCHEMA app;

-- publication generated columns [since 18]
ALTER PUBLICATION news SET (publish_generated_columns = stored);

-- publication of all tables
DROP PUBLICATION news;
CREATE PUBLICATION news FOR ALL TABLES;

-- publication owner [comment]
ALTER PUBLICATION news OWNER TO CURRENT_USER;
COMMENT ON PUBLICATION news IS 'why';

-- subscription
CREATE SUBSCRIPTION sub CONNECTION 'dbname=none' PUBLICATION p WITH (connect = false, slot_name = NONE);

-- foreign data wrapper option
ALTER FOREIGN DATA WRAPPER wrapper OPTIONS (ADD place 'there');

-- foreign data wrapper comment [comment]
COMMENT ON FOREIGN DATA WRAPPER wrapper IS 'why';

-- foreign data wrapper grant [privilege]
GRANT USAGE ON FOREIGN DATA WRAPPER wrapper TO catalog_reader;

-- foreign server option
ALTER SERVER remote OPTIONS (ADD host 'db.invalid');

-- foreign server version
ALTER SERVER remote VERSION '9';

-- foreign server comment [comment]
COMMENT ON SERVER remote IS 'why';

-- foreign server grant [privilege]
GRANT USAGE ON FOREIGN SERVER remote TO catalog_reader;

-- user mapping dropped
DROP USER MAPPING FOR CURRENT_USER SERVER remote;

-- user mapping option
ALTER USER MAPPING FOR CURRENT_USER SERVER remote OPTIONS (ADD password 'made-up');

-- security label
INSERT INTO pg_seclabel VALUES ('parent'::regclass, 'pg_class'::regclass, 0, 'dummy', 'secret');

-- subscription origin [since 16]
DROP PUBLICATION news;
CREATE SUBSCRIPTION sub CONNECTION 'dbname=none' PUBLICATION p WITH (connect = false, slot_name = NONE, origin = none);
