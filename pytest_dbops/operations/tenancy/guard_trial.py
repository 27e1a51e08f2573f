"""The trial of tenants on SQLite: what PostgreSQL's does with policies, done with the guard of an engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_dbops.backends.sqlite.tenancy.triggers import REFUSAL, trigger_name
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.errors import CannotJudge, PolicyRefused
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.tenancy import (
    Attempt,
    Isolation,
    Leak,
    Mutant,
    MutantFate,
    TenantScope,
    TenantTable,
    Unproved,
)
from pytest_dbops.core.tenancy.isolation import PROTECTED_BY_GUARD
from pytest_dbops.core.tenancy.keys import conflict_keys
from pytest_dbops.core.tenancy.views import tables_behind
from pytest_dbops.migrating.urls import own_url
from pytest_dbops.operations.tenancy.guard import TenantGuard, lift_guard, name_tenant

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_ROLE = "a session of the guarded engine"
_COMMANDS = ("INSERT", "UPDATE", "DELETE")


@frozen
class _Case:
    """One table, who acts on it, and whose row is tried for; tenants are values as the driver gives them."""

    table: TenantTable
    actor: Any
    victim: Any
    row: tuple[Any, ...]
    own_row: tuple[Any, ...]
    own: int

    @property
    def name(self) -> str:
        return self.table.table.display


@frozen
class _Answer:
    rows: tuple[tuple[Any, ...], ...] = ()
    touched: int = 0
    is_refused: bool = False
    said: str = ""


Told = Leak | Unproved | str
"""What an attempt says; a text is what the actor reached of its own rows."""


def try_guard(url: str, catalog: Catalog, scope: TenantScope) -> Isolation:
    """Try every table and view of a scratch file through the guard; its own triggers are taken off meanwhile.

    Raises CannotJudge where the rows of fewer than two tenants are there.
    """
    from sqlalchemy import create_engine

    engine = create_engine(own_url(url))
    try:
        guard = TenantGuard(
            engine, column=scope.column,
            columns={each.table.name: each.column for each in scope.tables},
            shared=tuple(each.table.name for each in scope.tables if each.is_shared),
            exempt=tuple(table.name for table in catalog.tables if scope.of(table.schema, table.name) is None),
        )  # fmt: skip
        return _Trial(engine, guard, catalog, scope).run()
    finally:
        engine.dispose()


class _Trial:
    def __init__(self, engine: Engine, guard: TenantGuard, catalog: Catalog, scope: TenantScope) -> None:
        self.engine, self.guard, self.catalog, self.scope = engine, guard, catalog, scope
        self.tried: Counter[str] = Counter()
        self.leaks: list[Leak] = []
        self.unproved: list[Unproved] = []
        self.mutants: list[Mutant] = []

    def run(self) -> Isolation:
        self._take_triggers_off()
        held = {each.table.name: self._rows(each) for each in self.scope.tables}
        first, second = _two_tenants(list(held.values()))
        for each in self.scope.tables:
            counts = held[each.table.name]
            if counts.get(first) or counts.get(second):
                actor, victim = (first, second) if counts.get(second) else (second, first)
                self._table(_Case(each, actor, victim, self._row(each, victim), self._row(each, actor), counts[actor]))
            else:
                self.unproved.append(Unproved(each.table.display, "it holds no row of a tenant"))
        self._views(first, second)
        return Isolation(
            by=PROTECTED_BY_GUARD, role=_ROLE, setting="", tenants=(str(first), str(second)),
            tried=tuple(sorted(self.tried.items())), leaks=tuple(self.leaks),
            unproved=tuple(dict.fromkeys(self.unproved)), mutants=tuple(self.mutants),
        )  # fmt: skip

    def _take_triggers_off(self) -> None:
        """Leave nothing but the guard with a say: neither the schema's triggers nor its foreign keys."""
        with self.engine.connect() as connection, lift_guard(connection):
            names = connection.exec_driver_sql("SELECT name FROM main.sqlite_schema WHERE type = 'trigger'").all()
            for (name,) in names:
                connection.exec_driver_sql(f"DROP TRIGGER main.{_sure(name)}")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            for each in self.scope.tables:
                if each.is_shared:
                    _share_one(connection, each)
            connection.commit()

    def _rows(self, table: TenantTable) -> Counter[Any]:
        found = self._open(f"SELECT {_sure(table.column)}, count(*) FROM {_target(table)} GROUP BY 1")  # noqa: S608  # quoted names
        return Counter(dict(found))

    def _row(self, table: TenantTable, tenant: Any) -> tuple[Any, ...]:
        found = self._open(
            f"SELECT {_names(table)} FROM {_target(table)} WHERE {_sure(table.column)} = ? LIMIT 1", (tenant,)  # noqa: S608  # as above
        )  # fmt: skip
        return found[0] if found else ()

    def _table(self, case: _Case) -> None:
        before, reached = len(self.leaks), []
        for told in self._attempts(case):
            self.tried[case.name] += 1
            if isinstance(told, Leak):
                self.leaks.append(told)
            elif isinstance(told, Unproved):
                self.unproved.append(told)
            else:
                reached.append(told)
        if case.own and f"SELECT 0 of {case.own}" in reached:
            self.unproved.append(Unproved(case.name, f"tenant {case.actor!r} sees none of its own rows"))
        elif len(self.leaks) == before:
            self.mutants += self._mutants(case, reached)

    def _mutants(self, case: _Case, reached: Sequence[str]) -> Iterator[Mutant]:
        from pytest_dbops.backends.sqlite.tenancy.shapes import GuardedTable

        guarded = GuardedTable(case.table.table.name, case.table.column)
        changes = {f"no guard of {command}": trigger_name(guarded, command) for command in _COMMANDS}
        for told, name in {**changes, "no filter of what is read": guarded.name.lower()}.items():
            self.guard.left_out = frozenset({name})
            try:
                noticed = self._noticed(case, reached)
            finally:
                self.guard.left_out = frozenset()
            fate = MutantFate.CAUGHT if noticed else MutantFate.SURVIVED
            yield Mutant(case.name, told, fate, noticed)

    def _noticed(self, case: _Case, reached: Sequence[str]) -> str:
        for told in self._attempts(case):
            if isinstance(told, Leak):
                return told.attempt.value
            if isinstance(told, str) and told not in reached:
                return f"its own rows are out of reach: {told}"
        return ""

    def _attempts(self, case: _Case) -> Iterator[Told]:
        target, column = _sure(case.table.table.name), _sure(case.table.column)
        of_all = f" OR {column} IS NULL" if case.table.is_shared else ""
        foreign = f"SELECT count(*) FROM {target} WHERE NOT coalesce({column} = ?{of_all}, 0)"  # noqa: S608  # quoted names
        unnamed = self._ask(None, f"SELECT count(*) FROM {target} WHERE NOT coalesce(0{of_all}, 0)")  # noqa: S608  # as above
        if unnamed.rows and unnamed.rows[0][0]:
            yield Leak(case.name, Attempt.UNNAMED, f"{unnamed.rows[0][0]} rows seen by a transaction that names none")
        seen = self._ask(case.actor, foreign, (case.actor,))
        if seen.rows and seen.rows[0][0]:
            yield Leak(case.name, Attempt.READ, f"{seen.rows[0][0]} rows seen by tenant {case.actor!r}")
        own = self._ask(case.actor, f"SELECT count(*) FROM {target} WHERE {column} = ?", (case.actor,))  # noqa: S608  # as above
        yield f"SELECT {own.rows[0][0] if own.rows else 0} of {case.own}"
        yield from self._insertions(case, target)
        yield from self._changes(case, target, column)
        yield from self._conflicts(case, target)

    def _insertions(self, case: _Case, target: str) -> Iterator[Told]:
        places = ", ".join("?" for _ in case.row)
        insertion = f"INSERT INTO {target} ({_names(case.table)}) VALUES ({places})"  # noqa: S608  # quoted names
        answer = self._ask(case.actor, insertion, case.row)
        if not answer.is_refused:
            yield Leak(case.name, Attempt.INSERT, answer.said or f"a row of tenant {case.victim!r} was written")
        if case.own_row:
            answer = self._ask(case.actor, insertion, case.own_row)
            yield f"INSERT {'refused' if answer.is_refused else 'let through'}"

    def _conflicts(self, case: _Case, target: str) -> Iterator[Told]:
        """Write the other's row once more, and as an own one where a key has no tenant in it."""
        insertion = f"INSERT INTO {target} ({_names(case.table)}) VALUES ({', '.join('?' for _ in case.row)})"  # noqa: S608  # quoted names
        answer = self._ask(case.actor, f"{insertion} ON CONFLICT DO NOTHING", case.row)
        if not answer.is_refused:
            yield Leak(case.name, Attempt.UPSERT, answer.said or f"a row of tenant {case.victim!r} was let through")
        column = _sure(case.table.column)
        for key in conflict_keys(case.table.table):
            if case.table.column in key:
                continue
            update = f"ON CONFLICT ({', '.join(map(_sure, key))}) DO UPDATE SET {column} = excluded.{column}"
            values = self._meeting_by(case, key)
            for statement in (insertion, f"{insertion} {update}"):
                if self._took(case, statement, values):
                    told = f"a row of tenant {case.victim!r} was taken over by its ({', '.join(key)})"
                    yield Leak(case.name, Attempt.UPSERT, told)

    def _meeting_by(self, case: _Case, key: Sequence[str]) -> tuple[Any, ...]:
        """Return the other's row as the actor's, with values of its own in every key but this one."""
        listed = [column.name for column in case.table.table.columns if not column.generated]
        found = dict(zip(listed, case.row, strict=True)) | {case.table.column: case.actor}
        for name in {name for each in conflict_keys(case.table.table) for name in each} - {*key, case.table.column}:
            if isinstance(found.get(name), str):
                found[name] += "~"
            elif isinstance(found.get(name), int):
                ((found[name],),) = self._open(f"SELECT max({_sure(name)}) + 1 FROM {_target(case.table)}")  # noqa: S608  # quoted names
        return tuple(found.values())

    def _took(self, case: _Case, statement: str, values: tuple[Any, ...]) -> bool:
        """Tell whether the other has fewer rows after a statement of the actor's, which is taken back."""
        count = f"SELECT count(*) FROM {_target(case.table)} WHERE {_sure(case.table.column)} = ?"  # noqa: S608  # quoted names
        with self.engine.connect() as connection:
            with lift_guard(connection):
                before = connection.exec_driver_sql(count, (case.victim,)).scalar_one()
            _run(connection, case.actor, statement, values)
            with lift_guard(connection):
                after = connection.exec_driver_sql(count, (case.victim,)).scalar_one()
            connection.rollback()
        return bool(after < before)

    def _changes(self, case: _Case, target: str, column: str) -> Iterator[Told]:
        change = f"UPDATE {target} SET {column} = ?"  # noqa: S608  # quoted names
        answer = self._ask(case.actor, change, (case.actor,))
        if answer.touched > case.own or (answer.said and not answer.is_refused):
            yield Leak(
                case.name, Attempt.UPDATE, answer.said or f"{answer.touched} rows touched, {case.own} are its own"
            )
        yield f"UPDATE {min(answer.touched, case.own)} of {case.own}"
        if case.own:
            answer = self._ask(case.actor, change, (case.victim,))
            if answer.touched or (answer.said and not answer.is_refused):
                yield Leak(case.name, Attempt.MOVE, "an UPDATE of the tenant's column was let through")
        answer = self._ask(case.actor, f"DELETE FROM {target}")  # noqa: S608  # as above
        if answer.touched > case.own:
            yield Leak(case.name, Attempt.DELETE, f"{answer.touched} rows touched, {case.own} are its own")
        yield f"DELETE {min(answer.touched, case.own)} of {case.own}"

    def _views(self, actor: Any, victim: Any) -> None:
        """Ask every view that reads tables of tenants with all rows and with the actor's alone."""
        behind = tables_behind(self.catalog, self.scope)
        for view in self.catalog.views:
            if (view.schema, view.name) not in behind:
                continue
            self.tried[view.display] += 1
            if told := self._view_leaks(view.name, actor):
                self.leaks.append(Leak(view.display, Attempt.READ, told))
                continue
            self.guard.left_out = frozenset({view.name.lower()})
            try:
                noticed = self._view_leaks(view.name, actor)
            finally:
                self.guard.left_out = frozenset()
            fate = MutantFate.CAUGHT if noticed else MutantFate.SURVIVED
            self.mutants.append(Mutant(view.display, "no filter of what is read", fate, noticed))

    def _view_leaks(self, view: str, actor: Any) -> str:
        for tenant in (actor, None):
            question = f"SELECT * FROM {_sure(view)}"  # noqa: S608  # quoted name
            with_all = sorted(map(repr, self._ask(tenant, question).rows))
            with self.engine.connect() as connection:
                with lift_guard(connection):
                    for each in self.scope.tables:
                        connection.exec_driver_sql(
                            f"DELETE FROM {_target(each)} WHERE {_sure(each.column)} IS NOT ?", (tenant,)  # noqa: S608  # as above
                        )  # fmt: skip
                alone = sorted(map(repr, _run(connection, tenant, question, ()).rows))
                connection.rollback()
            if with_all != alone:
                who = f"tenant {tenant!r}" if tenant is not None else "a transaction without a tenant"
                return f"its answer to {who} changes when only rows of others are gone"
        return ""

    def _ask(self, tenant: Any, sql: str, values: tuple[Any, ...] = ()) -> _Answer:
        with self.engine.connect() as connection:
            answer = _run(connection, tenant, sql, values)
            connection.rollback()
        return answer

    def _open(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection, lift_guard(connection):
            return [tuple(row) for row in connection.exec_driver_sql(sql, values)]


def _run(connection: Connection, tenant: Any, sql: str, values: tuple[Any, ...]) -> _Answer:
    from sqlalchemy.exc import DBAPIError

    if tenant is not None:
        name_tenant(connection, tenant)
    try:
        result = connection.exec_driver_sql(sql, values)
        rows = tuple(tuple(row) for row in result) if result.returns_rows else ()
    except (DBAPIError, PolicyRefused) as err:
        said = str(err.orig if isinstance(err, DBAPIError) else err)
        return _Answer(is_refused=isinstance(err, PolicyRefused) or said.startswith(REFUSAL), said=said)
    return _Answer(rows, max(result.rowcount, 0))


def _share_one(connection: Connection, table: TenantTable) -> None:
    """Copy a row and take its tenant away; the last column of a key of its own gets a number that nobody has."""
    from sqlalchemy.exc import DBAPIError

    key = table.table.primary_key
    numbered = key.columns[-1] if key is not None and key.columns[-1] != table.column else ""
    target = _target(table)
    values = {
        column.name: "NULL" if column.name == table.column
        else f"(SELECT max({_sure(numbered)}) + 1 FROM {target})" if column.name == numbered  # noqa: S608  # quoted names
        else _sure(column.name)
        for column in table.table.columns
        if not column.generated
    }  # fmt: skip
    copied = f"SELECT {', '.join(values.values())} FROM {target} WHERE {_sure(table.column)} IS NOT NULL LIMIT 1"  # noqa: S608  # as above
    with suppress(DBAPIError):
        connection.exec_driver_sql(f"INSERT INTO {target} ({_names(table)}) {copied}")  # as above


def _two_tenants(held: Sequence[Counter[Any]]) -> tuple[Any, Any]:
    counted = Counter(tenant for counts in held for tenant in counts if tenant is not None)
    if len(counted) < 2:
        raise CannotJudge(
            f"the scratch database has rows of {len(counted)} tenants, two are needed (let the seeders fill"
            " organizations 1 and 2)"
        )
    ordered = sorted(counted, key=lambda tenant: (-counted[tenant], str(tenant)))
    return ordered[0], ordered[1]


def _names(table: TenantTable) -> str:
    return ", ".join(_sure(column.name) for column in table.table.columns if not column.generated)


def _target(table: TenantTable) -> str:
    return f"main.{_sure(table.table.name)}"


def _sure(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
