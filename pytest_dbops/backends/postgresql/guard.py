"""Which statements a gate's session sends at all.

The protection is the database's: a read-only transaction, left by no statement, undone after each one,
under a role without rights to write. This guard is what stands before it: it gives a clear message, and
it refuses the calls by which even a read-only transaction acts outside of itself.
Source: PostgreSQL manual, "SET TRANSACTION", "System Administration Functions".
"""

from __future__ import annotations

from types import MappingProxyType

from pytest_dbops.backends.sql_text import POSTGRESQL, Kind, Statement, read_statement
from pytest_dbops.core.errors import NotReadable

READING = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN"})
"""First words of the statements that are let through."""

CURSOR = frozenset({"SELECT", "WITH", "VALUES", "TABLE"})
"""First words of the statements a cursor can be declared for."""

_EXPLAINED_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})
_OPTIONS = """
ANALYZE ANALYSE VERBOSE COSTS SETTINGS GENERIC_PLAN BUFFERS SERIALIZE WAL TIMING SUMMARY MEMORY FORMAT IO
ON OFF TRUE FALSE NONE TEXT BINARY XML JSON YAML
"""
_EXPLAIN_WORDS = frozenset(_OPTIONS.split())

_REASONS = {
    "changes a setting; the session's settings are fixed": "set_config",
    "acts on the server or its other sessions": """
        pg_cancel_backend pg_terminate_backend pg_reload_conf pg_rotate_logfile pg_rotate_logfile_old
        pg_log_backend_memory_contexts pg_promote pg_switch_wal pg_create_restore_point pg_backup_start
        pg_backup_stop pg_start_backup pg_stop_backup pg_wal_replay_pause pg_wal_replay_resume
        pg_log_standby_snapshot pg_stop_making_pinned_objects pg_import_system_collations pg_nextoid
        pg_extension_config_dump""",
    "writes to the WAL or to a replication slot": """
        pg_logical_emit_message pg_create_physical_replication_slot pg_create_logical_replication_slot
        pg_copy_physical_replication_slot pg_copy_logical_replication_slot pg_drop_replication_slot
        pg_replication_slot_advance pg_sync_replication_slots pg_logical_slot_get_changes
        pg_logical_slot_get_binary_changes pg_logical_slot_peek_changes pg_logical_slot_peek_binary_changes
        pg_replication_origin_create pg_replication_origin_drop pg_replication_origin_advance
        pg_replication_origin_session_setup pg_replication_origin_session_reset
        pg_replication_origin_xact_setup pg_replication_origin_xact_reset""",
    "loses what the server counts": """
        pg_stat_reset pg_stat_reset_shared pg_stat_reset_single_table_counters
        pg_stat_reset_single_function_counters pg_stat_reset_slru pg_stat_reset_replication_slot
        pg_stat_reset_subscription_stats pg_stat_reset_backend_stats pg_stat_statements_reset
        pg_stat_kcache_reset pg_qualstats_reset pg_wait_sampling_reset_profile
        pg_clear_relation_stats pg_clear_attribute_stats pg_restore_relation_stats pg_restore_attribute_stats
        pg_restore_extended_stats pg_clear_extended_stats""",
    "takes or frees locks that outlive the statement": """
        pg_advisory_lock pg_advisory_lock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared
        pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock
        pg_try_advisory_xact_lock_shared pg_advisory_unlock pg_advisory_unlock_shared pg_advisory_unlock_all""",
    "tells other sessions something": "pg_notify",
    "moves a sequence": "nextval setval",
    "writes large objects or files": """
        lo_creat lo_create lo_from_bytea lo_import lo_export lo_put lo_truncate lo_truncate64 lo_unlink lowrite
        lo_manage pg_file_write pg_file_sync pg_file_rename pg_file_unlink pg_logdir_ls""",
    "changes indexes, pages or caches": """
        brin_summarize_new_values brin_summarize_range brin_desummarize_range gin_clean_pending_list
        heap_force_kill heap_force_freeze pg_truncate_visibility_map pg_prewarm autoprewarm_start_worker
        autoprewarm_dump_now pg_buffercache_evict pg_buffercache_evict_relation pg_buffercache_evict_all
        pg_buffercache_mark_dirty pg_buffercache_mark_dirty_relation pg_buffercache_mark_dirty_all""",
    "assigns a transaction id (pg_current_snapshot() and pg_current_xact_id_if_assigned() do not)": """
        txid_current pg_current_xact_id""",
    "runs a text as SQL, which nothing looks at (write the statement itself)": """
        query_to_xml query_to_xmlschema query_to_xml_and_xmlschema ts_stat ts_rewrite crosstab crosstab2
        crosstab3 crosstab4 crosstabn connectby xpath_table""",
    "leaves the database": """
        dblink dblink_connect dblink_connect_u dblink_disconnect dblink_exec dblink_open dblink_fetch
        dblink_close dblink_send_query dblink_get_result dblink_cancel_query postgres_fdw_disconnect
        postgres_fdw_disconnect_all http http_get http_post http_put http_patch http_delete http_head
        query_export_to_s3 table_import_from_s3""",
}
REFUSED_CALLS = MappingProxyType({name: reason for reason, names in _REASONS.items() for name in names.split()})
"""Functions that act outside of a read-only transaction, or bind it, with the reason why they are refused."""


def readable(sql: str) -> Statement:
    """Return the one reading statement in `sql`; raises NotReadable for any other."""
    statement = read_statement(sql, POSTGRESQL)
    keyword = statement.keyword
    if keyword not in READING:
        raise NotReadable(f"{_shown(statement)} is not a reading statement; write SELECT, WITH, VALUES, TABLE or SHOW")
    if keyword in CURSOR and "INTO" in statement.words:
        before = statement.words[statement.words.index("INTO") - 1]
        what = f"{before} inside WITH writes" if before in ("INSERT", "MERGE") else "INTO makes a table"
        raise NotReadable(f"{what}; only statements that read are sent")
    if keyword == "EXPLAIN":
        _require_reading_explain(statement)
    if any(token.kind is Kind.QUOTED and token.text[:2] in ("U&", "u&") for token in statement.tokens):
        raise NotReadable('names written U&"..." are refused; write the characters themselves')
    for name in sorted(statement.calls & REFUSED_CALLS.keys()):
        raise NotReadable(f"{name}() is refused: it {REFUSED_CALLS[name]}")
    return statement


def driver_text(statement: Statement) -> str:
    """Return the statement with `:name` as psycopg writes parameters; as it is when it has none."""
    if not statement.parameters:
        return statement.text
    return "".join(
        f"%({token.text[1:]})s" if token.kind is Kind.PARAMETER else token.text.replace("%", "%%")
        for token in statement.tokens
    )


def _require_reading_explain(statement: Statement) -> None:
    explained = next((word for word in statement.words[1:] if word not in _EXPLAIN_WORDS), "")
    if explained in CURSOR:
        return
    if explained not in _EXPLAINED_WRITES:
        raise NotReadable(f"EXPLAIN of {explained or 'nothing'} is refused; explain a SELECT, INSERT, UPDATE or DELETE")
    if not {"ANALYZE", "ANALYSE"}.isdisjoint(statement.words):
        raise NotReadable(f"EXPLAIN ANALYZE would run the {explained}; leave ANALYZE out")


def _shown(statement: Statement) -> str:
    return statement.keyword or repr(statement.text.split()[0][:20])
