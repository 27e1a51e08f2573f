"""Run statements of the catalogue on a real server, and say what was observed in the words of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from pytest_dbops.core.observed import LockMode, Observation, ObservedStatement, RelationKind
from pytest_dbops.migrating.observing import ObservingHook
from tests.migrations.observation.catalogue.case import SETUP, Case

SCHEMA = "books"
_INDEXES = (RelationKind.INDEX, RelationKind.PARTITIONED_INDEX)
_WEAK = (LockMode.ACCESS_SHARE, LockMode.ROW_SHARE, LockMode.ROW_EXCLUSIVE)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A database with an engine of the project's own driver, and the hook that observes it."""

    url: str
    engine: Engine
    hook: ObservingHook

    @contextmanager
    def prepared(self, setup: str = "") -> Iterator[None]:
        """Give the tables of the catalogue, and more, for the time of the block."""
        with closing(psycopg.connect(self.url, autocommit=True)) as connection:
            connection.execute(f"CREATE SCHEMA {SCHEMA}; CREATE SCHEMA aside; SET search_path = {SCHEMA}".encode())
            connection.execute((SETUP + setup).encode())
            try:
                yield
            finally:
                connection.execute(f"DROP SCHEMA {SCHEMA}, aside CASCADE".encode())

    def observe(self, *statements: str, is_autocommit: bool = False) -> Observation:
        """Run statements in one transaction, or each in its own; what the server refuses ends them."""
        return self.observe_code(
            lambda connection: [connection.exec_driver_sql(sql) for sql in statements], is_autocommit=is_autocommit
        )

    def observe_code(self, code: Callable[[Connection], Any], *, is_autocommit: bool = False) -> Observation:
        """Run code on a connection, and return what was observed until its commit, or until the server refused."""
        level = {"isolation_level": "AUTOCOMMIT"} if is_autocommit else {}
        with self.hook.attached(self.engine), self.engine.connect().execution_options(**level) as connection:
            connection.exec_driver_sql(f"SET search_path = {SCHEMA}")
            self.hook.begin("5eed00000001")
            with suppress(DBAPIError):
                code(connection)
                connection.commit()
            connection.rollback()
            return self.hook.finish()


def as_case(case: Case, seen: ObservedStatement) -> Case:
    """Return the row of the catalogue that says what was seen.

    Locks on indexes are left out where the statement ran alone: how many are seen depends on the moment.
    """
    old = [lock for lock in seen.locks if not lock.is_created_in_transaction and lock.kind is not RelationKind.TOAST]
    shown = [lock for lock in old if lock.kind not in _INDEXES or (seen.transaction and lock.mode not in _WEAK)]
    return Case(
        name=case.name,
        statement=case.statement,
        locks={_short(lock.relation): max(o.mode for o in shown if o.relation == lock.relation) for lock in shown},
        rewritten=frozenset(map(_short, seen.rewritten_tables)),
        rebuilt=frozenset(_short(one.relation) for one in seen.rewrites if one.kind in _INDEXES),
        scanned=frozenset(map(_short, seen.scanned_tables)),
        changed={_short(one.table): (one.inserted, one.updated, one.deleted) for one in seen.changed},
        setup=case.setup,
        before=case.before,
        invalid=frozenset(map(_short, seen.invalid_indexes)),
        reason=case.reason if case.reason and seen.reason.startswith(case.reason) else seen.reason,
        since=case.since,
    )


def _short(name: str) -> str:
    return name.removeprefix(f"{SCHEMA}.")
