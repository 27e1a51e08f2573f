"""INT002."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._extensions import require_extension, sure_function
from pytest_dbops.checks.integrity._reading import Unread, noting, refuse_unread
from pytest_dbops.checks.schema._quoting import sure_name, sure_text
from pytest_dbops.checks.schema._scope import stored_tables
from pytest_dbops.core.catalog import Catalog, Index, TableKind
from pytest_dbops.core.check import Cost, Privilege, Settings, check
from pytest_dbops.core.errors import DamageFound
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session, Statistics
from pytest_dbops.core.severity import Severity

_MOST_LINES = 20
_THERE = "SELECT pg_catalog.to_regprocedure({signature}) IS NOT NULL"
_BTREE, _BTREE_WITH_KEYS, _GIN = ("regclass", "boolean"), ("regclass", "boolean", "boolean"), ("regclass",)


@check(
    "INT002",
    category="integrity",
    severity=Severity.CRITICAL,
    cost=Cost.FULL,
    privilege=Privilege.SUPERUSER,
    settings={"compare_with_table": False},
)
def damaged_index(catalog: Catalog, session: Session, statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """An index is damaged, or its order does not hold any more; on SQLite, anything in the file.

    Searches miss rows that are there, and unique keys take the same value twice. It comes from a changed collation
    (INT004), from hardware, or from software that wrote past SQLite's locks. On PostgreSQL every B-tree is read by
    `bt_index_check` of the extension amcheck, under a lock that blocks nobody; `compare_with_table` also looks for
    rows the index has not, which takes three times as long. From version 1.4 of the extension on (PostgreSQL 17) unique
    indexes are searched for keys they have taken twice, from 1.5 on (18) GIN indexes are read, too. Without the
    extension the check is skipped. On SQLite it is `PRAGMA integrity_check`, which reads the whole file. Neither can be
    asked of a part: an index, or a file, that takes longer than the environment's `statement_timeout_s` has no answer;
    raise that for a run in quiet hours.

    Build the index anew: REINDEX INDEX CONCURRENTLY. If a unique index took duplicates, merge them first. A damaged
    SQLite file: `.recover` of the sqlite3 shell into a new one, or the last backup.
    """
    if catalog.dialect == "sqlite":
        yield from _of_file(session)
        return
    schema = require_extension(statistics, "amcheck")
    readers = _readers(session, schema, depth="true" if settings.flag("compare_with_table") else "false")
    unread: Unread = []
    for table in stored_tables(catalog):
        for index in table.indexes if table.kind is TableKind.PLAIN else ():
            if index.method in readers and index.is_valid:
                with noting(unread, table.display):
                    yield from _of_index(table.display, index, readers[index.method], session)
    refuse_unread(unread)


def _readers(session: Session, schema: str, *, depth: str) -> dict[str, str]:
    """Return the call that reads an index of each method, with `{index}` and `{is_unique}` to be filled in.

    Which forms there are is told by the extension: one that was not updated with its server has the old ones.
    """
    found = {}
    if _has(session, schema, "bt_index_check", *_BTREE_WITH_KEYS):
        function = sure_function(session, schema, "bt_index_check", *_BTREE_WITH_KEYS)
        found["btree"] = f"{function}({{index}}, {depth}, {{is_unique}})"
    else:
        found["btree"] = f"{sure_function(session, schema, 'bt_index_check', *_BTREE)}({{index}}, {depth})"
    if _has(session, schema, "gin_index_check", *_GIN):
        found["gin"] = f"{sure_function(session, schema, 'gin_index_check', *_GIN)}({{index}})"
    return found


def _has(session: Session, schema: str, name: str, *arguments: str) -> bool:
    signature = sure_text(f"{sure_name(schema, name)}({', '.join(arguments)})")
    return bool(session.scalar(_THERE.replace("{signature}", signature)))


def _of_index(table: str, index: Index, reader: str, session: Session) -> Iterator[Finding]:
    regclass = sure_text(sure_name(index.schema, index.name)) + "::pg_catalog.regclass"
    call = reader.replace("{is_unique}", "true" if index.is_unique else "false").replace("{index}", regclass)
    try:
        session.query(f"SELECT {call}")
    except DamageFound as err:
        yield Finding(
            f"{table}.{index.name}",
            f"index {index.name!r} of {table!r} is damaged: {err}",
            hint=f"REINDEX INDEX CONCURRENTLY {index.quoted};",
        )


def _of_file(session: Session) -> Iterator[Finding]:
    try:
        rows = session.query(f"PRAGMA integrity_check({_MOST_LINES})")
        told = [" ".join(str(next(iter(row.values()))).split()) for row in rows]
    except DamageFound as err:
        told = [str(err)]
    for said in told:
        if said != "ok":
            yield Finding(
                session.identity.database,
                f"the file is damaged: {said}",
                hint="run .recover of the sqlite3 shell into a new file, or restore the last backup",
                identity=said,
            )
