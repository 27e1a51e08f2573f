"""Read how often the data keys of a target have sealed: of a table on PostgreSQL, of a file beside SQLite's."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.key_use import KeyUse, KeyUses
from pytest_dbops.core.session import Session

_HAS_TABLE = """
SELECT 1 AS there
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'dbops' AND c.relname = 'key_use'
"""
_READ = "SELECT data_key, reserved FROM dbops.key_use ORDER BY data_key"


def read_key_uses(session: Session) -> KeyUses:
    """Return what is reserved; raises MissingPrivilege for a role that may not read it, CannotJudge for a broken file.

    A SQLite database whose file is not where the session found it, or that nobody counts for, has no counts.
    """
    if session.dialect == "sqlite":
        return _of_file(Path(f"{session.identity.host}.key-use.json"))
    if not session.query(_HAS_TABLE):
        return KeyUses()
    rows = session.query(_READ)
    return KeyUses(tuple(KeyUse(str(row["data_key"]), int(row["reserved"])) for row in rows), is_counted=True)


def _of_file(file: Path) -> KeyUses:
    try:
        known = json.loads(file.read_bytes())
        uses = tuple(KeyUse(str(name), int(number)) for name, number in sorted(known.items()))
    except FileNotFoundError:
        return KeyUses()
    except OSError as err:
        raise CannotJudge(f"uses of keys cannot be read: {file.name}: {err.strerror}") from None
    except (ValueError, TypeError, AttributeError):
        raise CannotJudge(f"{file.name} is damaged, so that uses of keys are not known (restore it)") from None
    return KeyUses(uses, is_counted=True)
