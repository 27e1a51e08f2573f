"""Every volatile function of every server at hand is either refused, or known to be harmless."""

from __future__ import annotations

import psycopg
import pytest

from pytest_dbops.backends.postgresql.guard import REFUSED_CALLS
from pytest_dbops.core.scratch import ScratchServer

VOLATILE = """
SELECT DISTINCT proname
FROM pg_proc
WHERE provolatile = 'v'
  AND pronamespace = 'pg_catalog'::regnamespace
  AND prokind = 'f'
  AND NOT 'internal'::regtype = ANY (proargtypes)
  AND NOT prorettype = ANY ('{trigger,event_trigger,internal,language_handler,index_am_handler,table_am_handler,
    tsm_handler,fdw_handler}'::regtype[])
ORDER BY proname
"""

HARMLESS = {
    "clocks, dice and words": """
        clock_timestamp timeofday random random_normal setseed gen_random_uuid uuidv4 uuidv7 current_query
        array_sample array_shuffle bernoulli system""",
    "a wait, which the statement timeout ends": "pg_sleep pg_sleep_for pg_sleep_until",
    "reads state of the server": """
        plpgsql_validator pg_is_in_backup pg_backup_start_time timezone
        amvalidate currtid2 currval lastval pg_blocking_pids pg_collation_actual_version pg_control_checkpoint
        pg_control_init pg_control_recovery pg_control_system pg_current_logfile pg_current_wal_flush_lsn
        pg_current_wal_insert_lsn pg_current_wal_lsn pg_database_collation_actual_version pg_get_aios
        pg_get_backend_memory_contexts pg_get_loaded_modules pg_get_multixact_members pg_get_sequence_data
        pg_get_shmem_allocations pg_get_shmem_allocations_numa pg_get_wait_events pg_get_wal_replay_pause_state
        pg_get_wal_resource_managers pg_get_wal_summarizer_state pg_hba_file_rules pg_ident_file_mappings
        pg_is_in_recovery pg_is_wal_replay_paused pg_isolation_test_session_is_blocked pg_jit_available
        pg_last_committed_xact pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp
        pg_lock_status pg_available_wal_summaries pg_wal_summary_contents pg_notification_queue_usage
        pg_partition_ancestors pg_partition_tree pg_prepared_xact pg_replication_origin_progress
        pg_replication_origin_session_is_setup pg_replication_origin_session_progress
        pg_safe_snapshot_blocking_pids pg_sequence_last_value pg_show_all_file_settings
        pg_show_replication_origin_status pg_xact_commit_timestamp pg_xact_commit_timestamp_origin
        pg_xact_status txid_status""",
    "reads sizes": "pg_database_size pg_indexes_size pg_relation_size pg_table_size pg_tablespace_size"
    " pg_total_relation_size",
    "reads files and asks for the privilege": """
        pg_ls_archive_statusdir pg_ls_dir pg_ls_logdir pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_replslotdir
        pg_ls_summariesdir pg_ls_tmpdir pg_ls_waldir pg_read_binary_file pg_read_file pg_read_file_old
        pg_stat_file""",
    "reads large objects": "lo_get lo_open lo_close loread lo_lseek lo_lseek64 lo_tell lo_tell64",
    "reads counters of its own session, or looks at them anew": """
        pg_stat_clear_snapshot pg_stat_force_next_flush pg_stat_get_backend_io pg_stat_get_backend_wal
        pg_stat_get_io pg_stat_get_recovery_prefetch pg_stat_have_stats pg_stat_get_xact_blocks_fetched
        pg_stat_get_xact_blocks_hit pg_stat_get_xact_function_calls pg_stat_get_xact_function_self_time
        pg_stat_get_xact_function_total_time pg_stat_get_xact_numscans pg_stat_get_xact_tuples_deleted
        pg_stat_get_xact_tuples_fetched pg_stat_get_xact_tuples_hot_updated pg_stat_get_xact_tuples_inserted
        pg_stat_get_xact_tuples_newpage_updated pg_stat_get_xact_tuples_returned
        pg_stat_get_xact_tuples_updated""",
    "reads an open cursor, of which there is none": "cursor_to_xml cursor_to_xmlschema",
    "refused by the server inside a subtransaction": "pg_export_snapshot",
}


@pytest.mark.parametrize("postgres_server", [14, 15, 16, 17, 18], indirect=True)
def test_every_volatile_function_is_judged(postgres_server: ScratchServer) -> None:
    with psycopg.connect(postgres_server.admin_url) as connection:
        found = {name for (name,) in connection.execute(VOLATILE)}
    # Those of pg_upgrade refuse to work on a server that was not started by it.
    unjudged = {name for name in found if not name.startswith("binary_upgrade_")} - REFUSED_CALLS.keys()
    assert unjudged - set(" ".join(HARMLESS.values()).split()) == set()
    assert len(found) > 100


def test_no_function_is_both_refused_and_harmless() -> None:
    assert REFUSED_CALLS.keys() & set(" ".join(HARMLESS.values()).split()) == set()
