"""One part of `Statistics` on PostgreSQL: a statement that returns its rows as one JSON text."""

from __future__ import annotations

from enum import StrEnum

from pytest_dbops.core.frozen import frozen


class Needs(StrEnum):
    """What a role must have to see a part whole; the words are the grant's own."""

    NOTHING = ""
    STATS = "pg_read_all_stats"
    ALL_SETTINGS = "pg_read_all_settings"
    HBA = "pg_hba_file_rules"
    FILE_SETTINGS = "pg_file_settings"
    PASSWORDS = "pg_authid"
    RECOVERY = "recovery"
    WAL_FILES = "pg_ls_waldir"
    ARCHIVE_STATUS = "pg_ls_archive_statusdir"
    TEMPORARY_FILES = "pg_ls_tmpdir"
    STATEMENTS = "pg_stat_statements"


@frozen
class Part:
    """One part: its name, the statement, and what a role needs to see it.

    is_partial: without that, the rows are read all the same, and are known to be incomplete.
    """

    name: str
    sql: str
    needs: Needs = Needs.NOTHING
    is_partial: bool = False
    since_major: int = 14
    before_major: int = 99
