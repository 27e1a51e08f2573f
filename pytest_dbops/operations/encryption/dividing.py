"""Judge the fields of a large column in several processes, each a range of keys, each by a session of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.codec import from_json, to_json
from pytest_dbops.core.encryption import EncryptedColumn
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.crypto.audit import Tally
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.crypto.nonces import NonceFilter
from pytest_dbops.operations.child import run_child
from pytest_dbops.operations.encryption.audit import Key, Part

MOST_PROCESSES = 4
_CHILD = "pytest_dbops.operations.encryption.divided_child"
_SESSIONS = {
    "postgresql": ("backend", "connect", "handshake", "pipeline", "session", "transaction", "watchdog"),
    "sqlite": ("backend", "connect", "handshake", "session"),
}
_DRIVERS = {"postgresql": "psycopg", "sqlite": "sqlite3"}
_WORKER = "PYTEST_XDIST_WORKER"


def helpers_of(root: Path, environment: Environment, url: str) -> ProcessHelpers | None:
    """Return the processes that share the work of a gate; None where there is one processor, or a worker a column."""
    number = min(os.cpu_count() or 1, MOST_PROCESSES, environment.policy.max_connections - 1)
    if number < 2 or _WORKER in os.environ:
        return None
    return ProcessHelpers(root, environment, url, number)


@frozen
class ProcessHelpers:
    """Processes of ours on this machine; implements `Helpers`. Keys and URL reach them through a pipe."""

    root: Path
    environment: Environment
    url: str
    number: int

    def parts(
        self, column: EncryptedColumn, columns: Sequence[EncryptedColumn], keyring: Keyring, bounds: Sequence[Key],
        rows: int,
    ) -> Iterator[Part]:  # fmt: skip
        """Start one for each range of keys, and yield what each has found; see `Helpers`."""
        ends = [None, *map(key_to_json, bounds), None]
        order = {**self._order(column, columns, keyring), "rows": rows // (len(ends) - 1) + 1}
        with TemporaryDirectory(prefix="dbops-nonces-") as folder, ThreadPoolExecutor(len(ends) - 1) as pool:
            asked = [
                pool.submit(self._ask, {**order, "low": low, "high": high, "nonces": f"{folder}/{number}"})
                for number, (low, high) in enumerate(pairwise(ends))
            ]
            for number, each in enumerate(asked):
                tally, cpu_s = each.result()
                yield Part(tally, NonceFilter.load(Path(folder, str(number))), cpu_s)

    def _order(
        self, column: EncryptedColumn, columns: Sequence[EncryptedColumn], keyring: Keyring
    ) -> dict[str, object]:
        environment = self.environment
        return {
            "url": self.url, "dialect": environment.dialect, "expect": to_json(environment.expect),
            "limits": [
                environment.policy.connect_timeout_s, environment.policy.statement_timeout_s,
                environment.policy.lock_timeout_s,
            ],
            "column": to_json(column), "columns": [to_json(each) for each in columns],
            "keys": [
                {"record": to_json(each.record), "root": each.root.reveal() if each.root else None}
                for each in keyring.keys
            ],
        }  # fmt: skip

    def _ask(self, order: dict[str, object]) -> tuple[Tally, float]:
        imports = imported_by(self.environment.dialect)
        ended = run_child(_CHILD, order, cwd=self.root, without=(), hear=lambda _: None, imports=imports)
        done = ended.done(SecretMask(secrets_of_url(self.url)), "a process that judges a part of the column")
        return from_json(Tally, done["tally"]), float(done["cpu_s"])


def imported_by(dialect: str) -> tuple[str, ...]:
    """Return what such a process needs to have imported: once for all of them, they are forks (decision 19)."""
    sessions = (f"pytest_dbops.backends.{dialect}.{each}" for each in _SESSIONS[dialect])
    return (_CHILD, *sessions, _DRIVERS[dialect])


def key_to_json(key: Key) -> list[dict[str, Any]]:
    """Return a primary key as JSON that keeps its kinds."""
    return [{"uuid": str(value)} if isinstance(value, UUID) else {"plain": value} for value in key]


def key_of_json(told: Sequence[dict[str, Any]] | None) -> Key | None:
    """Return what `key_to_json` was given; None stays None."""
    if told is None:
        return None
    return tuple(UUID(each["uuid"]) if "uuid" in each else each["plain"] for each in told)
