"""What a gate's connection to SQLite lets the library compile: reading, and nothing else.

SQLite asks an authorizer for every action of every statement, also inside of views and triggers, so there is
no text to be fooled. Everything that is not on these lists is denied.
Source: SQLite, "Compile-Time Authorization Callbacks", "PRAGMA Statements".
"""

from __future__ import annotations

import sqlite3

from pytest_dbops.backends.sql_text import SQLITE, Statement, read_statement
from pytest_dbops.core.errors import NotReadable

READING = frozenset({"SELECT", "WITH", "VALUES", "EXPLAIN", "PRAGMA"})
"""First words of the statements that are let through to the authorizer."""

BLOCKS = frozenset({"SELECT", "WITH", "VALUES"})
"""First words of the statements whose rows can be read in blocks."""

_OF_AN_OBJECT = """
table_info table_xinfo table_list index_info index_xinfo index_list foreign_key_list foreign_key_check
integrity_check quick_check
"""
_OF_A_VALUE = """
analysis_limit application_id auto_vacuum automatic_index busy_timeout cache_size cache_spill
cell_size_check checkpoint_fullfsync collation_list compile_options count_changes data_version
database_list defer_foreign_keys encoding foreign_keys freelist_count full_column_names fullfsync
function_list hard_heap_limit ignore_check_constraints journal_mode journal_size_limit
legacy_alter_table legacy_file_format locking_mode max_page_count mmap_size module_list page_count
page_size pragma_list query_only read_uncommitted recursive_triggers reverse_unordered_selects
schema_version secure_delete short_column_names soft_heap_limit stats synchronous temp_store threads
trusted_schema user_version wal_autocheckpoint writable_schema
"""
PRAGMAS_OF_AN_OBJECT = frozenset(_OF_AN_OBJECT.split())
"""Pragmas whose argument says what to read."""

PRAGMAS_OF_A_VALUE = frozenset(_OF_A_VALUE.split())
"""Pragmas that read a value as long as they are given none."""

REFUSED_FUNCTIONS = frozenset({"load_extension", "writefile", "edit", "fts3_tokenizer"})

_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_ACTIONS = """
CREATE_INDEX CREATE_TABLE CREATE_TEMP_INDEX CREATE_TEMP_TABLE CREATE_TEMP_TRIGGER CREATE_TEMP_VIEW
CREATE_TRIGGER CREATE_VIEW CREATE_VTABLE DROP_INDEX DROP_TABLE DROP_TEMP_INDEX DROP_TEMP_TABLE
DROP_TEMP_TRIGGER DROP_TEMP_VIEW DROP_TRIGGER DROP_VIEW DROP_VTABLE INSERT UPDATE DELETE ALTER_TABLE
REINDEX ANALYZE ATTACH DETACH TRANSACTION SAVEPOINT PRAGMA FUNCTION
"""
_NAMES = {getattr(sqlite3, f"SQLITE_{name}"): name.replace("_", " ") for name in _ACTIONS.split()}


class Authorizer:
    """Allows reading and remembers what it denied last, for the message."""

    __slots__ = ("denied",)

    def __init__(self) -> None:
        self.denied = ""

    def __call__(
        self, action: int, first: str | None, second: str | None, database: str | None, source: str | None
    ) -> int:
        """Answer SQLite's question about one action of a statement."""
        if action in _ALLOWED or _is_harmless(action, first or "", second):
            return sqlite3.SQLITE_OK
        name = _NAMES.get(action, f"action {action}")
        self.denied = " ".join(part for part in (name, first, second) if part)
        return sqlite3.SQLITE_DENY


def readable(sql: str) -> Statement:
    """Return the one statement in `sql`; raises NotReadable for one that does not begin as reading ones do."""
    statement = read_statement(sql, SQLITE)
    if statement.keyword not in READING:
        shown = statement.keyword or repr(statement.text.split()[0][:20])
        raise NotReadable(f"{shown} is not a reading statement; write SELECT, WITH, VALUES or PRAGMA")
    return statement


def _is_harmless(action: int, first: str, second: str | None) -> bool:
    if action == sqlite3.SQLITE_UPDATE:
        # Asked when a table-valued function is first used (SQLite declares its columns by a CREATE TABLE that is
        # never run). A statement of a user's gets no further than "table sqlite_master may not be modified".
        return first == "sqlite_master"
    if action == sqlite3.SQLITE_FUNCTION:
        return (second or "").lower() not in REFUSED_FUNCTIONS
    if action == sqlite3.SQLITE_PRAGMA:
        name = first.lower()
        return name in PRAGMAS_OF_AN_OBJECT or (second is None and name in PRAGMAS_OF_A_VALUE)
    return False
