-- Tables, each attribute altered alone.
-- Each case: "-- name [facet; since MAJOR; also FACETS]", then its statements. The facet is structure unless named.
-- Nothing of a case stays: it runs in a transaction that is rolled back.

-- table added
CREATE TABLE other (id integer);

-- table dropped
DROP TABLE alone;

-- table renamed
ALTER TABLE alone RENAME TO lonely;

-- table moved to another schema
ALTER TABLE alone SET SCHEMA app;

-- table owner [owner]
ALTER TABLE alone OWNER TO catalog_owner;

-- table unlogged
ALTER TABLE alone SET UNLOGGED;

-- table logged
ALTER TABLE fleeting SET LOGGED;

-- row security enabled
ALTER TABLE item ENABLE ROW LEVEL SECURITY;

-- row security forced
ALTER TABLE item FORCE ROW LEVEL SECURITY;

-- replica identity full
ALTER TABLE item REPLICA IDENTITY FULL;

-- replica identity nothing
ALTER TABLE item REPLICA IDENTITY NOTHING;

-- replica identity index
ALTER TABLE item REPLICA IDENTITY USING INDEX item_name_key;

-- storage parameter [storage]
ALTER TABLE alone SET (fillfactor = 70);

-- toast parameter [storage]
ALTER TABLE alone SET (toast.autovacuum_enabled = off);

-- tablespace [storage]
ALTER TABLE alone SET TABLESPACE catalog_space;

-- inheritance added
ALTER TABLE alone INHERIT base;

-- inheritance removed
ALTER TABLE derived NO INHERIT base;

-- made a typed table
ALTER TABLE alone DROP shared, DROP id, ADD a integer, ADD b text;
ALTER TABLE alone OF pair;

-- partition detached
ALTER TABLE event DETACH PARTITION event_2024;

-- partition bound
ALTER TABLE event DETACH PARTITION event_2024;
ALTER TABLE event ATTACH PARTITION event_2024 FOR VALUES FROM ('2024-01-01') TO ('2026-01-01');

-- partition made the default
ALTER TABLE event DETACH PARTITION event_2024;
ALTER TABLE event ATTACH PARTITION event_2024 DEFAULT;

-- partition key
DROP TABLE event CASCADE;
CREATE TABLE event (id integer NOT NULL, day date NOT NULL, kind text) PARTITION BY LIST (day);

-- table comment [comment]
COMMENT ON TABLE item IS 'things';

-- table grant [privilege]
GRANT SELECT ON item TO catalog_reader;

-- table grant with grant option [privilege]
GRANT SELECT ON item TO catalog_reader WITH GRANT OPTION;

-- table grant to everybody [privilege]
GRANT SELECT ON item TO PUBLIC;

-- table privilege taken from its owner [privilege]
REVOKE DELETE ON item FROM CURRENT_USER;

-- foreign table option
ALTER FOREIGN TABLE distant OPTIONS (ADD place 'there');

-- foreign column option
ALTER FOREIGN TABLE distant ALTER id OPTIONS (ADD place 'there');

-- foreign table's server
CREATE SERVER second FOREIGN DATA WRAPPER wrapper;
DROP FOREIGN TABLE distant;
CREATE FOREIGN TABLE distant (id integer) SERVER second;

-- access method of a table [also storage]
CREATE ACCESS METHOD heaped TYPE TABLE HANDLER heap_tableam_handler;
DROP TABLE alone;
CREATE TABLE alone (id integer, shared text) USING heaped;
