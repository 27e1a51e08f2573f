"""What a PostgreSQL server says of itself, read in two round trips.

Parts (rows by column name; seconds end in `_s`, bytes in `_bytes`; ages of transaction ids are counts):

    server                  one row: where we are, our own connection, when it was started and configured
    activity                every session; state and command of others need pg_read_all_stats
    lock_waits              sessions of this database that wait for a lock, with the pids that block them
    databases, roles        this database and all login roles: connection limit and sessions
    role_settings           time-outs set by ALTER ROLE and ALTER DATABASE
    prepared_transactions   two-phase transactions that were neither committed nor rolled back
    replicas                servers that replicate from this one
    standby                 one row on a standby, none elsewhere
    slots                   replication slots
    subscriptions           logical subscriptions of this database
    tables                  estimated rows, bytes and bytes of indexes of every table; null where never analysed;
                            `parent` is the table that a partition belongs to
    pending_restart         settings whose new value waits for a restart; `is_overridden`: and would not get it,
                            because the server's command line says otherwise
    hba_rules               authentication rules; needs a grant
    config_errors           lines of the configuration files that are not in effect; needs a grant
    md5_passwords           login roles with an md5 password; for superusers only
    extensions              what is installed here, with its schema
    available_extensions    the version that the server's files would bring of each of those
    large_objects           their number
    table_activity          rows dead, changed, read and updated of tables that have something to judge
    index_activity          scans of every index of half a megabyte or more
    database_counters       this database's row of pg_stat_database
    checksum_failures       databases in which a page did not match its checksum
    checkpoint_counters, wal_counters, slru_counters   what the server has counted since their own resets
    statements, statements_info   what pg_stat_statements has kept of this database; only where it is installed
    archiver, archive_queue what was archived and failed; how much waits (needs pg_monitor)
    base_backups            base backups that are running now
    database_size, wal_files, temporary_files, tablespaces   room that is taken; the middle two need pg_monitor
    ages                    age of the oldest unfrozen transaction and multixact of every database
    sequences               how far each has counted, and whether the role may read it
    collations              those that indexes sort by and whose version is another now than when they were built
    fill                    what tables of half a megabyte or more would need, as their statistics say
    disks                   free bytes of the folders of a server on this machine; none of another's

`settings` are the values a new session of our role starts with, in the server's units; our own SET LOCAL
does not show in them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytest_dbops.backends.postgresql.disks import read_disks
from pytest_dbops.backends.postgresql.statistics_part import Needs, Part
from pytest_dbops.backends.postgresql.statistics_parts import ACCESS, PARTS
from pytest_dbops.core.errors import CannotJudge, Unreachable
from pytest_dbops.core.session import Session, Statistics

Rows = Sequence[Mapping[str, Any]]


def read_statistics(session: Session) -> Statistics:
    """Return one snapshot of the server's activity, counters, limits and settings, in two round trips.

    What the role may not see is named in `unreadable`, with the grant that opens it. So is a part that the server
    refuses: each statement is undone by itself, and an error spoils no other.
    """
    access = session.query(ACCESS)[0]
    extensions: Rows = access["extensions"] or ()
    offered = [
        replace(part, sql=part.sql.replace("{statements}", _schema_of_statements(extensions)))
        for part in PARTS
        if _is_offered(part, session.identity.version[0], extensions)
    ]
    readable = [part for part in offered if part.is_partial or _is_open(part, access)]
    parts, refused = _read(session, readable)
    missing = {p.name: _missing(p, access["role"]) for p in offered if not _is_open(p, access)}
    if "standby" in missing:
        parts["standby"] = ()
        del missing["standby"]
    settings = parts.pop("settings", ())
    parts["pending_restart"] = [
        {"name": row["name"], "is_overridden": row["source"] == "command line"}
        for row in settings
        if row["pending_restart"]
    ]
    values = {row["name"]: row["value"] for row in settings}
    return Statistics(
        dialect=session.dialect,
        version=session.identity.version,
        taken_at=str(access["taken_at"]),
        settings=values,
        parts={
            **parts,
            "extensions": extensions,
            "disks": read_disks(session.identity.host, values, parts.get("tablespaces", ())),
        },
        unreadable={**missing, **refused},
    )


def _is_offered(part: Part, major: int, extensions: Rows) -> bool:
    if part.needs is Needs.STATEMENTS and not _schema_of_statements(extensions):
        return False
    return part.since_major <= major < part.before_major


def _is_open(part: Part, access: Mapping[str, Any]) -> bool:
    if part.needs is Needs.STATEMENTS:  # it hides the statements of others from whoever may not read statistics
        return bool(access[Needs.STATS])
    return part.needs is Needs.NOTHING or bool(access[part.needs])


def _schema_of_statements(extensions: Rows) -> str:
    found = (row["schema"] for row in extensions if row["name"] == "pg_stat_statements")
    schema = next(found, "")
    return '"' + schema.replace('"', '""') + '"' if schema else ""


def _read(session: Session, wanted: Sequence[Part]) -> tuple[dict[str, Rows], dict[str, str]]:
    parts: dict[str, Rows] = {}
    refused: dict[str, str] = {}
    for part, answer in zip(wanted, _answers(session, [part.sql for part in wanted]), strict=True):
        if isinstance(answer, Unreachable):
            raise answer
        if isinstance(answer, CannotJudge):
            refused[part.name] = f"the server refuses to show {part.name.replace('_', ' ')}: {answer}"
        else:
            parts |= {name: json.loads(rows or "[]") for name, rows in answer}
    return parts, refused


def _answers(session: Session, statements: Sequence[str]) -> list[list[tuple[Any, ...]] | CannotJudge]:
    """Return the answer to each statement; in one round trip, where the session is a gate's own."""
    from pytest_dbops.backends.postgresql.session import PostgresqlSession

    if isinstance(session, PostgresqlSession):
        return session.query_each(statements)
    return [_one_answer(session, statement) for statement in statements]


def _one_answer(session: Session, statement: str) -> list[tuple[Any, ...]] | CannotJudge:
    try:
        return [tuple(row.values()) for row in session.query(statement)]
    except CannotJudge as err:
        return err


def _missing(part: Part, role: str) -> str:
    needs, what = part.needs, part.name.replace("_", " ")
    name = '"' + role.replace('"', '""') + '"'
    if needs in _OF_THE_MONITOR:
        return f"role {role!r} sees only a part of the {what} (run: GRANT pg_monitor TO {name};)"
    functions = {Needs.HBA: "pg_hba_file_rules()", Needs.FILE_SETTINGS: "pg_show_all_file_settings()"}
    if needs in functions:
        return (
            f"role {role!r} may not read {needs} (run as superuser: GRANT SELECT ON {needs} TO {name}; "
            f"GRANT EXECUTE ON FUNCTION {functions[needs]} TO {name};)"
        )
    return f"role {role!r} is no superuser, and nobody else should read {needs}"


_OF_THE_MONITOR = frozenset(
    {Needs.STATS, Needs.ALL_SETTINGS, Needs.STATEMENTS, Needs.WAL_FILES, Needs.ARCHIVE_STATUS, Needs.TEMPORARY_FILES}
)
"""What a member of pg_monitor has."""
