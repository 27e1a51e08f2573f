"""The objects that a database for tests carries in its schema `dbops`: marks of what was touched, and the way back.

Statement triggers note the tables that were written, an event trigger notes changes of the schema; both are part of
the writing transaction, so that only what was committed is noted, whatever connection it came from. They fire under
`session_replication_role = replica` too (ENABLE ALWAYS).
"""

from __future__ import annotations

OBJECTS = """
CREATE SCHEMA IF NOT EXISTS dbops;
GRANT USAGE ON SCHEMA dbops TO PUBLIC;

CREATE UNLOGGED TABLE dbops.fixture_mark (relation oid NOT NULL, operation text NOT NULL, backend integer NOT NULL);
CREATE TABLE dbops.fixture_table (
  relation oid PRIMARY KEY,
  name text NOT NULL,
  members oid[] NOT NULL,
  removing text,
  restoring text
);

CREATE FUNCTION dbops.fixture_written() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $body$
BEGIN
  INSERT INTO dbops.fixture_mark VALUES (TG_RELID, TG_OP, pg_catalog.pg_backend_pid());
  RETURN NULL;
END
$body$;

CREATE FUNCTION dbops.fixture_altered() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
  is_lasting boolean;
  is_temporary boolean;
BEGIN
  IF TG_EVENT OPERATOR(pg_catalog.=) 'sql_drop' THEN
    SELECT pg_catalog.bool_or(NOT dropped.is_temporary) INTO is_lasting
      FROM pg_catalog.pg_event_trigger_dropped_objects() AS dropped;
  ELSE
    SELECT pg_catalog.bool_or(schema_name IS NULL OR schema_name OPERATOR(pg_catalog.<>) 'pg_temp'),
           pg_catalog.bool_or(schema_name OPERATOR(pg_catalog.=) 'pg_temp')
      INTO is_lasting, is_temporary
      FROM pg_catalog.pg_event_trigger_ddl_commands();
    IF TG_TAG OPERATOR(pg_catalog.=) 'REFRESH MATERIALIZED VIEW' THEN
      is_lasting := true;
    END IF;
  END IF;
  IF is_lasting THEN
    INSERT INTO dbops.fixture_mark VALUES (0, TG_TAG, pg_catalog.pg_backend_pid());
  ELSIF is_temporary THEN
    INSERT INTO dbops.fixture_mark VALUES (0, 'temporary', pg_catalog.pg_backend_pid());
  END IF;
END
$body$;
"""

WATCH_SCHEMA = """
CREATE EVENT TRIGGER dbops_fixture_altered ON ddl_command_end EXECUTE FUNCTION dbops.fixture_altered();
CREATE EVENT TRIGGER dbops_fixture_dropped ON sql_drop EXECUTE FUNCTION dbops.fixture_altered();
ALTER EVENT TRIGGER dbops_fixture_altered ENABLE ALWAYS;
ALTER EVENT TRIGGER dbops_fixture_dropped ENABLE ALWAYS;
"""

# The tables of the project with what decides whether and how their rows can be put back.
TABLES = """
SELECT class.oid::bigint AS relation,
       space.nspname AS schema,
       class.relname AS name,
       class.relkind::text AS kind,
       ARRAY(SELECT attname::text FROM pg_catalog.pg_attribute
              WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
              ORDER BY attnum) AS columns,
       ARRAY(SELECT attribute.attname::text
               FROM pg_catalog.pg_index AS key
               JOIN pg_catalog.pg_attribute AS attribute
                 ON attribute.attrelid = class.oid AND attribute.attnum = ANY (key.indkey)
              WHERE key.indrelid = class.oid AND key.indisprimary
              ORDER BY attribute.attnum) AS key,
       class.relkind = 'f'
         OR EXISTS (SELECT FROM pg_catalog.pg_rewrite WHERE ev_class = class.oid)
         OR EXISTS (SELECT FROM pg_catalog.pg_trigger
                     WHERE tgrelid = class.oid AND NOT tgisinternal AND tgenabled IN ('A', 'R')) AS is_special,
       ARRAY(WITH RECURSIVE below AS (
               SELECT class.oid AS member
                UNION
               SELECT inhrelid FROM pg_catalog.pg_inherits JOIN below ON inhparent = member)
             SELECT member::bigint FROM below) AS members
  FROM pg_catalog.pg_class AS class
  JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace
 WHERE class.relkind IN ('r', 'p', 'f')
   AND class.relpersistence <> 't'
   AND space.nspname NOT IN ('pg_catalog', 'information_schema')
   AND space.nspname !~ '^pg_'
   AND NOT (space.nspname = 'dbops' AND class.relname ~ '^fixture_')
 ORDER BY class.oid
"""

SEQUENCES = """
SELECT class.oid::bigint AS relation, space.nspname AS schema, class.relname AS name
  FROM pg_catalog.pg_class AS class
  JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace
 WHERE class.relkind = 'S'
   AND class.relpersistence <> 't'
 ORDER BY class.oid
"""

# The whole way back is one call. `state` tells what came of it: `pristine`, `restored`, `occupied` (by connections
# listed in `others`, nothing was done) or `altered` (the database has to be replaced).
RESTORE = """
CREATE FUNCTION dbops.fixture_restore(since xid) RETURNS text
LANGUAGE plpgsql AS $body$
DECLARE
  others json;
  tags text;
  touched record;
  has_marks boolean;
BEGIN
  has_marks := EXISTS (SELECT FROM dbops.fixture_mark);
  SELECT json_agg(json_build_object('pid', pid, 'state', state, 'does', does, 'query', query) ORDER BY changed)
    INTO others
    FROM dbops.fixture_others(has_marks);
  IF EXISTS (SELECT FROM json_array_elements(others) AS other WHERE other ->> 'does' <> '') THEN
    RETURN json_build_object('state', 'occupied', 'others', others);
  END IF;
  IF NOT has_marks THEN
    RETURN json_build_object('state', 'pristine', 'others', others, 'sequences', dbops.fixture_sequences(),
                             'around', dbops.fixture_summary());
  END IF;
  SELECT string_agg(DISTINCT coalesce(known.name || ' ', '') || mark.operation, ', ') INTO tags
    FROM dbops.fixture_mark AS mark
    LEFT JOIN dbops.fixture_table AS known ON known.relation = mark.relation
   WHERE mark.operation <> 'temporary'
     AND (known.relation IS NULL
       OR EXISTS (SELECT FROM dbops.fixture_table AS member
                   WHERE member.relation = ANY (known.members)
                     AND (member.removing IS NULL OR (mark.operation <> 'INSERT' AND member.restoring IS NULL))));
  IF tags IS NOT NULL THEN
    RETURN json_build_object('state', 'altered', 'others', others, 'tags', tags, 'around', dbops.fixture_summary());
  END IF;
  FOR touched IN
    SELECT member.removing, CASE WHEN bool_or(mark.operation <> 'INSERT') THEN member.restoring END AS restoring
      FROM dbops.fixture_mark AS mark
      JOIN dbops.fixture_table AS known ON known.relation = mark.relation
      JOIN dbops.fixture_table AS member ON member.relation = ANY (known.members)
     GROUP BY member.relation, member.removing, member.restoring
  LOOP
    EXECUTE touched.removing USING since;
    IF touched.restoring <> '' THEN
      EXECUTE touched.restoring;
    END IF;
  END LOOP;
  IF pg_relation_size('dbops.fixture_mark') > 524288 THEN
    TRUNCATE dbops.fixture_mark;
  ELSE
    DELETE FROM dbops.fixture_mark;
  END IF;
  RETURN json_build_object('state', 'restored', 'others', others, 'sequences', dbops.fixture_sequences(),
                           'around', dbops.fixture_summary(), 'since', pg_current_xact_id()::text);
END
$body$;

CREATE FUNCTION dbops.fixture_others(
  may_hold_tables boolean, OUT pid integer, OUT state text, OUT does text, OUT query text, OUT changed timestamptz
) RETURNS SETOF record
LANGUAGE sql STABLE AS $body$
  SELECT other.pid, other.state,
         concat_ws(' and ',
           CASE WHEN other.xact_start IS NOT NULL OR other.state <> 'idle' THEN 'a transaction open' END,
           CASE WHEN EXISTS (SELECT FROM pg_locks AS held
                              WHERE held.pid = other.pid AND held.locktype = 'advisory') THEN 'an advisory lock' END,
           CASE WHEN may_hold_tables AND EXISTS (SELECT FROM dbops.fixture_mark AS mark
                                                  WHERE mark.backend = other.pid AND mark.operation = 'temporary')
                THEN 'a temporary table' END),
         left(other.query, 80), other.state_change
    FROM pg_stat_get_activity(NULL) AS other
   WHERE other.datid = (SELECT oid FROM pg_database WHERE datname = current_database())
     AND other.pid <> pg_backend_pid()
     AND other.backend_type = 'client backend'
$body$;

-- Changes whenever `fixture_around` does, at a tenth of its cost: what one reads first is whether rows are the same.
CREATE FUNCTION dbops.fixture_summary() RETURNS text
LANGUAGE plpgsql AS $body$
BEGIN
  RETURN concat_ws(' ',
    (SELECT base.xmin FROM pg_database AS base WHERE datname = current_database()),
    (SELECT string_agg(xmin::text, ' ') FROM pg_db_role_setting),
    (SELECT string_agg(xmin::text, ' ') FROM pg_authid WHERE oid >= 16384 OR rolname !~ '^pg_'),
    (SELECT string_agg(xmin::text, ' ') FROM pg_auth_members),
    (SELECT string_agg(xmin::text, ' ') FROM pg_event_trigger),
    (SELECT concat(count(*), max(xmin::text)) FROM pg_largeobject_metadata),
    (SELECT concat(count(*), max(xmin::text)) FROM pg_largeobject),
    (SELECT modification FROM pg_stat_file('postgresql.auto.conf', true)));
END
$body$;

CREATE FUNCTION dbops.fixture_around() RETURNS text
LANGUAGE sql STABLE AS $body$
  SELECT json_build_object(
    'database', (SELECT json_build_array(base.datacl::text, base.datconnlimit, base.datdba,
                          (SELECT json_agg(setting::text ORDER BY setting::text)
                             FROM pg_db_role_setting AS setting WHERE setdatabase = base.oid))
                   FROM pg_database AS base WHERE datname = current_database()),
    'watched', (SELECT json_agg(watch::text ORDER BY watch.oid) FROM pg_event_trigger AS watch),
    'large objects', (SELECT json_build_array(count(*), coalesce(max(xmin::text::bigint), 0)) FROM pg_largeobject),
    'large object owners', (SELECT json_build_array(count(*), coalesce(max(xmin::text::bigint), 0))
                              FROM pg_largeobject_metadata),
    'roles', (SELECT json_object_agg(role.rolname, json_build_array(
                       rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
                       rolconnlimit, rolpassword IS NOT NULL, rolvaliduntil,
                       (SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = 0 AND setrole = role.oid),
                       (SELECT json_agg(pg_get_userbyid(roleid) ORDER BY roleid)
                          FROM pg_auth_members WHERE member = role.oid)))
                FROM pg_authid AS role WHERE role.oid >= 16384 OR role.rolname !~ '^pg_'),
    'files', (SELECT modification FROM pg_stat_file('postgresql.auto.conf', true))
  )::text
$body$;

-- Called over the connection of a test's session, when its transaction has been rolled back: true when something was
-- committed all the same. Sequences and advisory locks, which no rollback undoes, are put back at once.
CREATE FUNCTION dbops.fixture_glance() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER AS $body$
BEGIN
  PERFORM pg_catalog.pg_advisory_unlock_all();
  PERFORM dbops.fixture_sequences();
  RETURN EXISTS (SELECT FROM dbops.fixture_mark);
END
$body$;
"""
