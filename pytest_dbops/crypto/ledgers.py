"""Where the uses of keys are reserved: a table beside the data on PostgreSQL, a file beside the database on SQLite."""

from __future__ import annotations

import json
import os
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ProgrammingError

from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.errors import FieldError
from pytest_dbops.crypto.counting import Ledger

KEY_USE_STATEMENTS = (
    "CREATE SCHEMA IF NOT EXISTS dbops",
    "CREATE TABLE IF NOT EXISTS dbops.key_use (data_key text PRIMARY KEY, reserved bigint NOT NULL)",
)
_RESERVE = text("""
INSERT INTO dbops.key_use AS known (data_key, reserved)
VALUES (:key, :count)
ON CONFLICT (data_key) DO UPDATE SET reserved = known.reserved + excluded.reserved
RETURNING reserved
""")


def ledger_of(engine: Engine) -> Ledger:
    """Return where the keys of the database behind an engine are counted."""
    if engine.dialect.name != "sqlite":
        return TableLedger(engine)
    database = engine.url.database
    if not database or database == ":memory:":
        raise FieldError("a database in memory ends with its process; its keys are counted there anyway")
    return FileLedger(Path(f"{database}.key-use.json"))


def make_key_use_table(connection: Connection) -> None:
    """Make the table in which uses are reserved; who seals needs USAGE on its schema, SELECT, INSERT, UPDATE on it."""
    for statement in KEY_USE_STATEMENTS:
        connection.execute(text(statement))


class TableLedger:
    """Reserves in `dbops.key_use`, each block in a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def reserve(self, key: str, count: int) -> int:
        """Add to what is reserved and return the sum; raises FieldError where the table is not there."""
        try:
            with self._engine.connect() as connection, connection.begin():
                return int(connection.execute(_RESERVE, {"key": key, "count": count}).scalar_one())
        except ProgrammingError:
            raise FieldError(
                "uses of keys cannot be reserved: table dbops.key_use is not there, or may not be written"
                " (run: dbops compliance keys table)"
            ) from None


class FileLedger:
    """Reserves in a JSON file, under a kernel lock on a file beside it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def reserve(self, key: str, count: int) -> int:
        """Add to what is reserved and return the sum, once it is on the disk."""
        try:
            with closing(_Lock(self.file.with_suffix(".lock"))):
                known = self._load()
                total = known[key] = int(known.get(key, 0)) + count
                write_durably(self.file, json.dumps(known, indent=1, sort_keys=True).encode())
        except OSError as err:
            raise FieldError(
                f"uses of keys cannot be reserved in {self.file}: {err.strerror or 'unwritable'}"
            ) from None
        return total

    def _load(self) -> dict[str, Any]:
        if not self.file.exists():
            return {}
        try:
            known = json.loads(self.file.read_bytes())
        except ValueError:
            known = None
        if not isinstance(known, dict):
            raise FieldError(f"{self.file} is damaged; uses of keys are not known (restore it, or rotate the keys)")
        return known


class _Lock:
    """An exclusive lock of the kernel's, which a dead process cannot keep."""

    def __init__(self, file: Path) -> None:
        import fcntl

        self._descriptor = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def close(self) -> None:
        """Give it up."""
        with suppress(OSError):
            os.close(self._descriptor)
