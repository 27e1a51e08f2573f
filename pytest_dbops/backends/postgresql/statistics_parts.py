"""The statements behind each part of `Statistics` on PostgreSQL; each returns its rows as one JSON text.

JSON, because all parts then travel in one statement and hold plain values only. Columns that younger
versions added are read through `to_jsonb`, which has no opinion on a column that is not there.
Nothing read here holds a secret: statements shrink to their first word, settings that may carry a
password are shown as `(set)`, options of authentication rules are left out.
"""

from __future__ import annotations

from pytest_dbops.backends.postgresql.statistics_counters import COUNTERS
from pytest_dbops.backends.postgresql.statistics_part import Needs, Part
from pytest_dbops.backends.postgresql.statistics_storage import STORAGE

ACCESS = """
SELECT pg_catalog.pg_stat_clear_snapshot()::text AS cleared,
       pg_catalog.to_json(pg_catalog.clock_timestamp()) #>> '{}' AS taken_at,
       current_user::text AS role,
       pg_catalog.pg_is_in_recovery() AS recovery,
       pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS pg_read_all_stats,
       pg_catalog.pg_has_role(current_user, 'pg_read_all_settings', 'USAGE') AS pg_read_all_settings,
       pg_catalog.has_table_privilege('pg_catalog.pg_hba_file_rules', 'SELECT')
         AND pg_catalog.has_function_privilege('pg_catalog.pg_hba_file_rules()', 'EXECUTE') AS pg_hba_file_rules,
       pg_catalog.has_table_privilege('pg_catalog.pg_file_settings', 'SELECT')
         AND pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')
         AS pg_file_settings,
       pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT') AS pg_authid,
       pg_catalog.has_function_privilege('pg_catalog.pg_ls_waldir()', 'EXECUTE') AS pg_ls_waldir,
       pg_catalog.has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'EXECUTE') AS pg_ls_archive_statusdir,
       pg_catalog.has_function_privilege('pg_catalog.pg_ls_tmpdir()', 'EXECUTE') AS pg_ls_tmpdir,
       (SELECT pg_catalog.json_agg(e) FROM (
          SELECT x.extname AS name, n.nspname AS schema, x.extversion AS version
            FROM pg_catalog.pg_extension AS x
            JOIN pg_catalog.pg_namespace AS n ON n.oid = x.extnamespace
           ORDER BY x.extname) AS e) AS extensions
"""
"""What the role may see, and the server's clock; also drops a picture of the activity that is already old."""

_SETTINGS = """
SELECT 'settings' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT s.name,
         CASE WHEN v.value <> '' AND s.name ~ '(conninfo|_command$|secret|token|passphrase)'
              THEN '(set)' ELSE v.value END AS value,
         s.source, s.unit, s.pending_restart
    FROM pg_catalog.pg_settings AS s, LATERAL (SELECT coalesce(s.reset_val, s.setting, '') AS value) AS v
   ORDER BY s.name) AS r
"""

_SERVER = """
SELECT 'server' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT pg_catalog.pg_is_in_recovery() AS in_recovery,
         pg_catalog.current_database() AS database,
         (SELECT c.system_identifier::text FROM pg_catalog.pg_control_system() AS c) AS system_identifier,
         current_user AS role,
         pg_catalog.host(pg_catalog.inet_client_addr()) AS client_address,
         pg_catalog.host(pg_catalog.inet_server_addr()) AS server_address,
         pg_catalog.pg_postmaster_start_time() AS started_at,
         pg_catalog.pg_conf_load_time() AS configured_at,
         t.ssl AS is_encrypted, t.version AS tls_version, t.cipher AS tls_cipher,
         {login} AS login
    FROM (SELECT 1) AS one
    LEFT JOIN pg_catalog.pg_stat_ssl AS t ON t.pid = pg_catalog.pg_backend_pid()) AS r
"""
"""`login` is the method our own role came in by, with its identity: `scram-sha-256:app`; empty for trust."""

_ACTIVITY = r"""
SELECT 'activity' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT a.pid, a.leader_pid, a.datname AS database, a.usename AS role, a.application_name AS application,
         pg_catalog.host(a.client_addr) AS client, a.backend_type, a.state, a.wait_event_type, a.wait_event,
         a.pid = pg_catalog.pg_backend_pid() AS is_own,
         a.datname IS NOT DISTINCT FROM pg_catalog.current_database() AS is_here,
         extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::float8 AS transaction_s,
         extract(epoch FROM pg_catalog.clock_timestamp() - a.query_start)::float8 AS query_s,
         extract(epoch FROM pg_catalog.clock_timestamp() - a.state_change)::float8 AS state_s,
         pg_catalog.age(a.backend_xmin) AS xmin_age,
         pg_catalog.upper(substring(a.query FROM '^\s*([A-Za-z]+)')) AS command
    FROM pg_catalog.pg_stat_activity AS a
   ORDER BY a.pid) AS r
"""

_WAITS = """
SELECT 'lock_waits' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT l.pid, l.locktype AS lock_type, l.mode,
         CASE WHEN l.relation IS NOT NULL THEN l.relation::pg_catalog.regclass::text END AS relation,
         pg_catalog.pg_blocking_pids(l.pid) AS blocked_by,
         extract(epoch FROM pg_catalog.clock_timestamp() - l.waitstart)::float8 AS waited_s
    FROM pg_catalog.pg_locks AS l
    JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid AND a.datname = pg_catalog.current_database()
   WHERE NOT l.granted
   ORDER BY l.waitstart, l.pid) AS r
"""

_DATABASES = """
SELECT 'databases' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT d.datname AS name, d.datconnlimit AS connection_limit,
         (SELECT count(*) FROM pg_catalog.pg_stat_activity AS a
           WHERE a.datid = d.oid AND coalesce(a.backend_type, 'client backend') = 'client backend') AS sessions
    FROM pg_catalog.pg_database AS d
   WHERE d.datname = pg_catalog.current_database()) AS r
"""

_ROLES = """
SELECT 'roles' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT o.rolname AS name, o.rolconnlimit AS connection_limit, o.rolsuper AS is_superuser,
         pg_catalog.has_database_privilege(o.oid, pg_catalog.current_database(), 'CONNECT') AS may_connect,
         coalesce(n.sessions, 0) AS sessions
    FROM pg_catalog.pg_roles AS o
    LEFT JOIN (SELECT a.usesysid, count(*) AS sessions
                 FROM pg_catalog.pg_stat_activity AS a
                WHERE coalesce(a.backend_type, 'client backend') IN ('client backend', 'walsender')
                GROUP BY a.usesysid) AS n ON n.usesysid = o.oid
   WHERE o.rolcanlogin
   ORDER BY o.rolname) AS r
"""
"""Login roles; a session whose kind the role may not see counts as a client's, so `sessions` is a ceiling then."""

_ROLE_SETTINGS = """
SELECT 'role_settings' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT coalesce(d.datname, '') AS database, coalesce(o.rolname, '') AS role,
         pg_catalog.split_part(c.entry, '=', 1) AS name,
         substring(c.entry FROM pg_catalog.strpos(c.entry, '=') + 1) AS value
    FROM pg_catalog.pg_db_role_setting AS s
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
    LEFT JOIN pg_catalog.pg_roles AS o ON o.oid = s.setrole
   CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c (entry)
   WHERE (s.setdatabase = 0 OR d.datname = pg_catalog.current_database())
     AND (pg_catalog.split_part(c.entry, '=', 1) LIKE '%timeout'
          OR pg_catalog.split_part(c.entry, '=', 1) = 'default_transaction_read_only')
   ORDER BY 1, 2, 3) AS r
"""
"""What ALTER ROLE and ALTER DATABASE set for this database; an empty name stands for all."""

_PREPARED = """
SELECT 'prepared_transactions' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT p.gid, p.owner, p.database,
         p.database = pg_catalog.current_database() AS is_here,
         extract(epoch FROM pg_catalog.clock_timestamp() - p.prepared)::float8 AS prepared_s,
         pg_catalog.age(p.transaction) AS xid_age
    FROM pg_catalog.pg_prepared_xacts AS p
   ORDER BY p.prepared) AS r
"""

_REPLICAS = """
SELECT 'replicas' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT a.pid, a.application_name AS name, pg_catalog.host(a.client_addr) AS client, a.state, a.sync_state,
         pg_catalog.pg_wal_lsn_diff(
           CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn()
                ELSE pg_catalog.pg_current_wal_lsn() END, a.replay_lsn)::float8 AS lag_bytes,
         extract(epoch FROM a.replay_lag)::float8 AS lag_s
    FROM pg_catalog.pg_stat_replication AS a
   ORDER BY a.application_name, a.pid) AS r
"""

_STANDBY = """
SELECT 'standby' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp())::float8
           AS replayed_s,
         pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_receive_lsn(),
                                    pg_catalog.pg_last_wal_replay_lsn())::float8 AS lag_bytes,
         EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver) AS is_receiving,
         pg_catalog.pg_get_wal_replay_pause_state() AS pause_state) AS r
"""

_SLOTS = """
SELECT 'slots' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT s.slot_name AS name, s.slot_type AS kind, s.database, s.active, s.temporary, s.wal_status,
         coalesce(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin)) AS xmin_age,
         pg_catalog.pg_wal_lsn_diff(
           CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn()
                ELSE pg_catalog.pg_current_wal_lsn() END, s.restart_lsn)::float8 AS retained_bytes,
         pg_catalog.to_jsonb(s) ->> 'invalidation_reason' AS invalidation_reason,
         coalesce((pg_catalog.to_jsonb(s) ->> 'conflicting')::boolean, false) AS is_conflicting,
         coalesce((pg_catalog.to_jsonb(s) ->> 'synced')::boolean, false) AS is_synced,
         extract(epoch FROM pg_catalog.clock_timestamp()
                            - (pg_catalog.to_jsonb(s) ->> 'inactive_since')::timestamptz)::float8 AS inactive_s
    FROM pg_catalog.pg_replication_slots AS s
   ORDER BY s.slot_name) AS r
"""
"""`inactive_s` is known from PostgreSQL 17 on."""

_SUBSCRIPTIONS = """
SELECT 'subscriptions' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT s.subname AS name, s.subenabled AS is_enabled,
         EXISTS (SELECT FROM pg_catalog.pg_stat_subscription AS w
                  WHERE w.subid = s.oid AND w.relid IS NULL AND w.pid IS NOT NULL) AS is_running,
         {errors}
    FROM pg_catalog.pg_subscription AS s
   WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database AS d
                       WHERE d.datname = pg_catalog.current_database())
   ORDER BY s.subname) AS r
"""
_NO_ERROR_COUNTS = "NULL::bigint AS apply_errors, NULL::bigint AS sync_errors, NULL::text AS counted_since"
_ERROR_COUNTS = """
         (SELECT c.apply_error_count FROM pg_catalog.pg_stat_subscription_stats AS c WHERE c.subid = s.oid)
           AS apply_errors,
         (SELECT c.sync_error_count FROM pg_catalog.pg_stat_subscription_stats AS c WHERE c.subid = s.oid)
           AS sync_errors,
         (SELECT c.stats_reset FROM pg_catalog.pg_stat_subscription_stats AS c WHERE c.subid = s.oid)
           AS counted_since
"""

_TABLES = r"""
SELECT 'tables' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT pg_catalog.concat(n.nspname, '.', c.relname) AS name,
         (SELECT pg_catalog.concat(pn.nspname, '.', p.relname)
            FROM pg_catalog.pg_inherits AS h
            JOIN pg_catalog.pg_class AS p ON p.oid = h.inhparent
            JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
           WHERE h.inhrelid = c.oid AND c.relispartition) AS parent,
         CASE WHEN c.relkind = 'p' THEN 0 WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS rows,
         CASE WHEN c.relkind = 'p' THEN 0 ELSE c.relpages END * b.bytes AS bytes,
         (SELECT coalesce(sum(i.relpages), 0)
            FROM pg_catalog.pg_index AS x
            JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid AND i.relkind = 'i'
           WHERE x.indrelid = c.oid) * b.bytes AS index_bytes
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   CROSS JOIN (SELECT pg_catalog.current_setting('block_size')::bigint AS bytes) AS b
   WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
     AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'dbops')
   ORDER BY 1) AS r
"""
"""Estimates of the last ANALYZE or VACUUM, from the catalog alone: no table is opened, none can be waited for.

`rows` is null for a table that neither has seen yet, also after an upgrade that did not keep statistics.
"""

_HBA = """
SELECT 'hba_rules' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT h.line_number AS line, h.type, h.database AS databases, h.user_name AS roles,
         h.address, h.netmask, h.auth_method AS method, h.error
    FROM pg_catalog.pg_hba_file_rules AS h
   ORDER BY h.line_number) AS r
"""

_CONFIG_ERRORS = """
SELECT 'config_errors' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT f.sourcefile AS file, f.sourceline AS line, f.name, f.error
    FROM pg_catalog.pg_file_settings AS f
   WHERE f.error IS NOT NULL
     -- PostgreSQL calls a line faulty that its own command line overrides, until the first reload.
     AND NOT EXISTS (
       SELECT 1
         FROM pg_catalog.pg_settings AS s
        WHERE s.name = pg_catalog.lower(f.name) AND s.source = 'command line' AND s.context = 'postmaster')
   ORDER BY f.seqno) AS r
"""

_MD5_PASSWORDS = """
SELECT 'md5_passwords' AS part, pg_catalog.json_agg(r)::text AS rows FROM (
  SELECT a.rolname AS role
    FROM pg_catalog.pg_authid AS a
   WHERE a.rolcanlogin AND a.rolpassword LIKE 'md5%'
   ORDER BY a.rolname) AS r
"""
"""Only the names of roles leave the server, never a hash."""

PARTS: tuple[Part, ...] = (
    Part("settings", _SETTINGS, Needs.ALL_SETTINGS, is_partial=True),
    Part("server", _SERVER.replace("{login}", "NULL::text"), before_major=16),
    Part("server", _SERVER.replace("{login}", "coalesce(system_user, '')"), since_major=16),
    Part("activity", _ACTIVITY, Needs.STATS, is_partial=True),
    Part("lock_waits", _WAITS),
    Part("databases", _DATABASES, Needs.STATS, is_partial=True),
    Part("roles", _ROLES, Needs.STATS, is_partial=True),
    Part("role_settings", _ROLE_SETTINGS),
    Part("prepared_transactions", _PREPARED),
    Part("replicas", _REPLICAS, Needs.STATS, is_partial=True),
    Part("standby", _STANDBY, Needs.RECOVERY),
    Part("slots", _SLOTS),
    Part("subscriptions", _SUBSCRIPTIONS.replace("{errors}", _NO_ERROR_COUNTS), before_major=15),
    Part("subscriptions", _SUBSCRIPTIONS.replace("{errors}", _ERROR_COUNTS), since_major=15),
    Part("tables", _TABLES),
    Part("hba_rules", _HBA, Needs.HBA),
    Part("config_errors", _CONFIG_ERRORS, Needs.FILE_SETTINGS),
    Part("md5_passwords", _MD5_PASSWORDS, Needs.PASSWORDS),
    *COUNTERS,
    *STORAGE,
)
