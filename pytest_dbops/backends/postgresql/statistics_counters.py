"""Statements behind the parts that count: what happened since the server's statistics were last reset.

The functions below the views are called, not the views: a view over tables joins all indexes of all of them.
Only tables and indexes with something to judge are returned, so that thousands of small ones cost little.
"""

from __future__ import annotations

from pytest_dbops.backends.postgresql.statistics_part import Needs, Part

FEWEST_PAGES = 64
"""Tables and indexes below half a megabyte are not worth a finding."""

_OURS = r"n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'dbops')"

_TABLE_ACTIVITY = """
SELECT 'table_activity' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT t.schema, t.name, t.rows, t.bytes, t.options, t.dead_rows, t.changed_rows, t.inserted_rows,
         pg_catalog.pg_stat_get_live_tuples(t.oid) AS live_rows,
         pg_catalog.pg_stat_get_numscans(t.oid) AS sequential_scans,
         pg_catalog.pg_stat_get_tuples_returned(t.oid) AS sequential_rows,
         pg_catalog.pg_stat_get_tuples_updated(t.oid) AS updates,
         pg_catalog.pg_stat_get_tuples_hot_updated(t.oid) AS hot_updates
    FROM (SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relpages,
                 CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS rows,
                 c.relpages * pg_catalog.current_setting('block_size')::bigint AS bytes,
                 c.reloptions AS options,
                 pg_catalog.pg_stat_get_dead_tuples(c.oid) AS dead_rows,
                 pg_catalog.pg_stat_get_mod_since_analyze(c.oid) AS changed_rows,
                 pg_catalog.pg_stat_get_ins_since_vacuum(c.oid) AS inserted_rows
            FROM pg_catalog.pg_class AS c
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
           WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND {ours}) AS t
   WHERE t.relpages >= {fewest} OR t.dead_rows >= 50 OR t.changed_rows >= 50 OR t.inserted_rows >= 1000
      OR t.options IS NOT NULL
   ORDER BY t.schema, t.name) AS r
"""
"""`rows` is null for a table that neither VACUUM nor ANALYZE has seen yet."""

_INDEX_ACTIVITY = """
SELECT 'index_activity' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT n.nspname AS schema, t.relname AS "table", i.relname AS name,
         i.relpages * pg_catalog.current_setting('block_size')::bigint AS bytes,
         pg_catalog.pg_stat_get_numscans(i.oid) AS scans, {last_scan} AS last_scan,
         (x.indisunique OR x.indisexclusion OR x.indisreplident OR x.indisclustered OR NOT x.indisvalid
          OR EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conindid = i.oid)
          OR EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = i.oid)) AS has_other_use
    FROM pg_catalog.pg_class AS i
    JOIN pg_catalog.pg_index AS x ON x.indexrelid = i.oid
    JOIN pg_catalog.pg_class AS t ON t.oid = x.indrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
   WHERE i.relkind = 'i' AND i.relpages >= {fewest} AND i.relpersistence <> 't' AND {ours}
   ORDER BY 1, 2, 3) AS r
"""

_DATABASE_COUNTERS = """
SELECT 'database_counters' AS part, pg_catalog.json_agg(d)::text AS rows
  FROM pg_catalog.pg_stat_database AS d
 WHERE d.datname = pg_catalog.current_database()
"""

_CHECKSUM_FAILURES = """
SELECT 'checksum_failures' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT coalesce(d.datname, '(shared)') AS database, d.checksum_failures AS failures,
         d.checksum_last_failure AS last_at
    FROM pg_catalog.pg_stat_database AS d
   WHERE d.checksum_failures > 0
   ORDER BY 1) AS r
"""

_CHECKPOINTS_OLD = """
SELECT 'checkpoint_counters' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT b.checkpoints_timed AS timed, b.checkpoints_req AS requested, b.stats_reset
    FROM pg_catalog.pg_stat_bgwriter AS b) AS r
"""
_CHECKPOINTS = """
SELECT 'checkpoint_counters' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT c.num_timed AS timed, c.num_requested AS requested, c.stats_reset
    FROM pg_catalog.pg_stat_checkpointer AS c) AS r
"""

_WAL_COUNTERS = """
SELECT 'wal_counters' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT w.wal_records AS records, w.wal_fpi AS page_images, w.wal_bytes::float8 AS bytes,
         w.wal_buffers_full AS buffers_full, w.stats_reset
    FROM pg_catalog.pg_stat_wal AS w) AS r
"""

_SLRU_COUNTERS = """
SELECT 'slru_counters' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT s.name, s.blks_hit AS hits, s.blks_read AS reads, s.stats_reset
    FROM pg_catalog.pg_stat_slru AS s
   ORDER BY s.name) AS r
"""

_STATEMENTS = """
SELECT 'statements' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT s.queryid::text AS id, pg_catalog.left(s.query, 2000) AS query, s.calls, s.rows,
         s.total_exec_time AS total_ms, s.mean_exec_time AS mean_ms, s.max_exec_time AS max_ms,
         s.shared_blks_hit + s.shared_blks_read AS blocks
    FROM {statements}.pg_stat_statements AS s
   WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
     AND s.query ~* '^\\s*(SELECT|INSERT|UPDATE|DELETE|WITH|MERGE|VALUES)\\y'
   ORDER BY s.total_exec_time DESC
   LIMIT 100) AS r
"""
"""Statements whose constants the extension has taken out; others (ALTER ROLE ... PASSWORD) are not read at all."""

_STATEMENTS_INFO = """
SELECT 'statements_info' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT i.dealloc AS evictions, i.stats_reset,
         pg_catalog.current_setting('pg_stat_statements.max', TRUE)::bigint AS most
    FROM {statements}.pg_stat_statements_info AS i) AS r
"""

_ARCHIVER = """
SELECT 'archiver' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT a.archived_count, a.last_archived_wal, a.last_archived_time, a.failed_count, a.last_failed_wal,
         a.last_failed_time, a.stats_reset,
         coalesce(a.last_failed_time > a.last_archived_time, a.last_failed_time IS NOT NULL) AS is_failing,
         extract(epoch FROM pg_catalog.clock_timestamp() - a.last_failed_time)::float8 AS failed_s
    FROM pg_catalog.pg_stat_archiver AS a) AS r
"""

_ARCHIVE_QUEUE = r"""
SELECT 'archive_queue' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT count(*) AS waiting,
         extract(epoch FROM pg_catalog.clock_timestamp() - min(f.modification))::float8 AS oldest_s
    FROM pg_catalog.pg_ls_archive_statusdir() AS f
   WHERE f.name LIKE '%.ready') AS r
"""

_BASE_BACKUPS = """
SELECT 'base_backups' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT b.pid, b.phase, b.backup_total AS total_bytes, b.backup_streamed AS streamed_bytes,
         a.application_name AS application,
         extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(a.query_start, a.backend_start))::float8
           AS running_s
    FROM pg_catalog.pg_stat_progress_basebackup AS b
    LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = b.pid
   ORDER BY b.pid) AS r
"""


def _made(sql: str, **further: str) -> str:
    """Put in what several statements share; the rest of the text is left as it is, braces included."""
    for name, text in {"ours": _OURS, "fewest": str(FEWEST_PAGES), **further}.items():
        sql = sql.replace("{" + name + "}", text)
    return sql


COUNTERS: tuple[Part, ...] = (
    Part("table_activity", _made(_TABLE_ACTIVITY)),
    Part("index_activity", _made(_INDEX_ACTIVITY, last_scan="NULL::timestamptz"), before_major=16),
    Part("index_activity", _made(_INDEX_ACTIVITY, last_scan="pg_catalog.pg_stat_get_lastscan(i.oid)"), since_major=16),
    Part("database_counters", _DATABASE_COUNTERS),
    Part("checksum_failures", _CHECKSUM_FAILURES),
    Part("checkpoint_counters", _CHECKPOINTS_OLD, before_major=17),
    Part("checkpoint_counters", _CHECKPOINTS, since_major=17),
    Part("wal_counters", _WAL_COUNTERS),
    Part("slru_counters", _SLRU_COUNTERS),
    Part("statements", _STATEMENTS, Needs.STATEMENTS, is_partial=False),
    Part("statements_info", _STATEMENTS_INFO, Needs.STATEMENTS, is_partial=False),
    Part("archiver", _ARCHIVER),
    Part("archive_queue", _ARCHIVE_QUEUE, Needs.ARCHIVE_STATUS),
    Part("base_backups", _BASE_BACKUPS, Needs.STATS, is_partial=True),
)
