"""Statements behind the parts that tell of room: sizes, files, how full tables are, ages, collations."""

from __future__ import annotations

from pytest_dbops.backends.postgresql.statistics_counters import FEWEST_PAGES
from pytest_dbops.backends.postgresql.statistics_part import Needs, Part

_OURS = r"n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'dbops')"

_DATABASE_SIZE = """
SELECT 'database_size' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT pg_catalog.current_database() AS name,
         pg_catalog.pg_database_size(pg_catalog.current_database()) AS bytes) AS r
"""

_WAL_FILES = """
SELECT 'wal_files' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT count(*) AS files, coalesce(sum(f.size), 0)::bigint AS bytes FROM pg_catalog.pg_ls_waldir() AS f) AS r
"""

_TEMPORARY_FILES = """
SELECT 'temporary_files' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT f.name, f.size AS bytes,
         extract(epoch FROM pg_catalog.clock_timestamp() - f.modification)::float8 AS unchanged_s,
         NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS a
                      WHERE a.pid::text = substring(f.name FROM '^pgsql_tmp([0-9]+)')) AS has_no_owner
    FROM pg_catalog.pg_ls_tmpdir() AS f
   ORDER BY f.name
   LIMIT 1000) AS r
"""

_TABLESPACES = """
SELECT 'tablespaces' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT t.spcname AS name, pg_catalog.pg_tablespace_location(t.oid) AS location
    FROM pg_catalog.pg_tablespace AS t
   WHERE t.spcname NOT IN ('pg_default', 'pg_global')
   ORDER BY t.spcname) AS r
"""

_AGES = """
SELECT 'ages' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT d.datname AS name, d.datname = pg_catalog.current_database() AS is_here, d.datallowconn AS may_connect,
         pg_catalog.age(d.datfrozenxid) AS xid_age, pg_catalog.mxid_age(d.datminmxid) AS mxid_age
    FROM pg_catalog.pg_database AS d
   ORDER BY d.datname) AS r
"""

_COLLATIONS = """
SELECT 'collations' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  WITH used AS (
    SELECT u.oid, count(DISTINCT x.indexrelid) AS indexes
      FROM pg_catalog.pg_index AS x, LATERAL pg_catalog.unnest(x.indcollation::oid[]) AS u (oid)
     WHERE u.oid NOT IN (0, 950) AND x.indexrelid >= 16384
     GROUP BY u.oid)
  SELECT n.nspname AS schema, c.collname AS name, false AS is_of_database, u.indexes,
         c.collversion AS recorded, pg_catalog.pg_collation_actual_version(c.oid) AS actual
    FROM used AS u
    JOIN pg_catalog.pg_collation AS c ON c.oid = u.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
   WHERE c.collprovider <> 'd'
     AND c.collversion IS DISTINCT FROM pg_catalog.pg_collation_actual_version(c.oid) {of_database}
   ORDER BY 1, 2) AS r
"""
"""Of collations that an index of a user sorts by, those whose version is another now; 950 is "C"."""

_OF_DATABASE = """
  UNION ALL
  SELECT '', d.datname, true, coalesce((SELECT u.indexes FROM used AS u WHERE u.oid = 100), 0),
         d.datcollversion, pg_catalog.pg_database_collation_actual_version(d.oid)
    FROM pg_catalog.pg_database AS d
   WHERE d.datname = pg_catalog.current_database()
     AND d.datcollversion IS DISTINCT FROM pg_catalog.pg_database_collation_actual_version(d.oid)
"""

_FILL = """
SELECT 'fill' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT n.nspname AS schema, c.relname AS name,
         c.reltuples::bigint AS rows, c.relpages AS pages, b.bytes AS page_bytes, c.reloptions AS options,
         w.columns, w.known, w.width, w.null_share
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   CROSS JOIN (SELECT pg_catalog.current_setting('block_size')::bigint AS bytes) AS b
   CROSS JOIN LATERAL (
     SELECT count(*) AS columns, count(s.avg_width) AS known,
            sum((1 - s.null_frac) * s.avg_width)::float8 AS width, max(s.null_frac)::float8 AS null_share
       FROM pg_catalog.pg_attribute AS a
       LEFT JOIN pg_catalog.pg_stats AS s
         ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
        AND s.inherited = false
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS w
   WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND c.relpages >= {fewest} AND {ours}
   ORDER BY 1, 2) AS r
"""
"""`known` columns of `columns` have statistics that the role may see; `width` is the bytes of those in a row."""

_SEQUENCES = """
SELECT 'sequences' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT n.nspname AS schema, c.relname AS name, p.is_readable,
         CASE WHEN p.is_readable THEN pg_catalog.pg_sequence_last_value(c.oid) END AS last_value
    FROM pg_catalog.pg_sequence AS s
    JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   CROSS JOIN LATERAL (SELECT pg_catalog.has_sequence_privilege(c.oid, 'SELECT, USAGE') AS is_readable) AS p
   WHERE NOT pg_catalog.pg_is_other_temp_schema(c.relnamespace)) AS r
"""
"""How far each sequence has counted; null for one never used, and for one the role may not read."""

_AVAILABLE_EXTENSIONS = """
SELECT 'available_extensions' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT a.name, a.default_version AS version
    FROM pg_catalog.pg_available_extensions AS a
   WHERE a.installed_version IS NOT NULL
   ORDER BY a.name) AS r
"""

_LARGE_OBJECTS = """
SELECT 'large_objects' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT count(*) AS number FROM pg_catalog.pg_largeobject_metadata) AS r
"""

STORAGE: tuple[Part, ...] = (
    Part("database_size", _DATABASE_SIZE),
    Part("wal_files", _WAL_FILES, Needs.WAL_FILES),
    Part("temporary_files", _TEMPORARY_FILES, Needs.TEMPORARY_FILES),
    Part("tablespaces", _TABLESPACES),
    Part("ages", _AGES),
    Part("sequences", _SEQUENCES),
    Part("available_extensions", _AVAILABLE_EXTENSIONS),
    Part("large_objects", _LARGE_OBJECTS),
    Part("collations", _COLLATIONS.replace("{of_database}", ""), before_major=15),
    Part("collations", _COLLATIONS.replace("{of_database}", _OF_DATABASE), since_major=15),
    Part("fill", _FILL.replace("{fewest}", str(FEWEST_PAGES)).replace("{ours}", _OURS)),
)
