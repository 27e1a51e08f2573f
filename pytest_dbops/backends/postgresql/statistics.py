"""What a PostgreSQL server says of itself, read in two statements.

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

`settings` are the values a new session of our role starts with, in the server's units; our own SET LOCAL
does not show in them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_dbops.backends.postgresql.statistics_parts import ACCESS, PARTS, Needs, Part
from pytest_dbops.core.errors import CannotJudge, TimedOut, Unreachable
from pytest_dbops.core.session import Session, Statistics

Rows = Sequence[Mapping[str, Any]]


def read_statistics(session: Session) -> Statistics:
    """Return one snapshot of the server's activity, limits and settings, in two statements.

    What the role may not see is named in `unreadable`, with the grant that opens it. When the server
    refuses the second statement, its parts are read one by one, and the refused ones are unreadable.
    """
    access = session.query(ACCESS)[0]
    offered = [part for part in PARTS if part.since_major <= session.identity.version[0] < part.before_major]
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
    return Statistics(
        dialect=session.dialect,
        version=session.identity.version,
        taken_at=str(access["taken_at"]),
        settings={row["name"]: row["value"] for row in settings},
        parts=parts,
        unreadable={**missing, **refused},
    )


def _is_open(part: Part, access: Mapping[str, Any]) -> bool:
    return part.needs is Needs.NOTHING or bool(access[part.needs])


def _read(session: Session, wanted: Sequence[Part]) -> tuple[dict[str, Rows], dict[str, str]]:
    try:
        return _by_part(session.query(" UNION ALL ".join(part.sql for part in wanted))), {}
    except (Unreachable, TimedOut):
        raise
    except CannotJudge:
        return _read_one_by_one(session, wanted)


def _read_one_by_one(session: Session, wanted: Sequence[Part]) -> tuple[dict[str, Rows], dict[str, str]]:
    parts: dict[str, Rows] = {}
    refused: dict[str, str] = {}
    for part in wanted:
        try:
            parts |= _by_part(session.query(part.sql))
        except (Unreachable, TimedOut):
            raise
        except CannotJudge as err:
            refused[part.name] = f"the server refuses to show {part.name.replace('_', ' ')}: {err}"
    return parts, refused


def _by_part(rows: Rows) -> dict[str, Rows]:
    return {row["part"]: json.loads(row["rows"] or "[]") for row in rows}


def _missing(part: Part, role: str) -> str:
    needs, what = part.needs, part.name.replace("_", " ")
    name = '"' + role.replace('"', '""') + '"'
    if needs in (Needs.STATS, Needs.ALL_SETTINGS):
        return f"role {role!r} sees only a part of the {what} (run: GRANT pg_monitor TO {name};)"
    functions = {Needs.HBA: "pg_hba_file_rules()", Needs.FILE_SETTINGS: "pg_show_all_file_settings()"}
    if needs in functions:
        return (
            f"role {role!r} may not read {needs} (run as superuser: GRANT SELECT ON {needs} TO {name}; "
            f"GRANT EXECUTE ON FUNCTION {functions[needs]} TO {name};)"
        )
    return f"role {role!r} is no superuser, and nobody else should read {needs}"
