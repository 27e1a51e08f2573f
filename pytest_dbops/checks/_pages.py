"""Read a table a page at a time, so that the time limit of a statement ends a page, and not the answer.

On PostgreSQL a page is a range of the table's blocks, by `ctid`: PostgreSQL 14 and newer read just those (PostgreSQL
manual, "TID Range Scan"), whatever key the table has, and the session's one snapshot shows each row in one place. On
SQLite it is a range of the key the table is kept by. What takes too long is asked again in quarters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from pytest_dbops.checks.schema._quoting import sure_name
from pytest_dbops.core.catalog import Catalog, Table, TableKind
from pytest_dbops.core.errors import LockNotFree, TimedOut
from pytest_dbops.core.session import Session

T = TypeVar("T")

PAGE_BLOCKS, LEAST_BLOCKS = 65_536, 64
"""512 MB, a few seconds; and half a MB, which no time limit is too short for. An anti-join may hash the other table for
each page, and no page is read by parallel workers, so pages are as large as the usual limits allow."""

PAGE_ROWS, LEAST_ROWS = 200_000, 1_000
LEAST_SAMPLE_ROWS = 10_000
_DIVISOR = 4

# Of a partitioned table, a range of blocks is that range of each of its leaves. What is no heap has no such ranges.
_BLOCKS = """
WITH leaf AS (
  SELECT c.oid, c.relkind, c.relam
    FROM pg_catalog.pg_class AS c
   WHERE c.oid = pg_catalog.to_regclass(:name) AND c.relkind <> 'p'
  UNION
  SELECT c.oid, c.relkind, c.relam
    FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(:name)) AS t
    JOIN pg_catalog.pg_class AS c ON c.oid = t.relid
   WHERE t.isleaf AND c.relkind <> 'p'
)
SELECT count(*) AS leaves,
       coalesce(max(pg_catalog.pg_relation_size(oid)), 0) / pg_catalog.current_setting('block_size')::bigint AS blocks,
       coalesce(bool_and(relkind = 'r' AND relam = 2), false) AS is_heap
  FROM leaf
"""
"""2 is the access method `heap` (PostgreSQL source, pg_am.dat)."""

_ROWIDS = ("_rowid_", "rowid", "oid")
_ALIAS = "\0"
"""Stands in a term for the alias of the table; no name can hold it."""


@dataclass(frozen=True, slots=True)
class Page:
    """One part of a table, as a statement asks for it; percent: the share of the rows that is read of the table.

    blocks: the first block and the one behind the last, None for the end; None where it is not a range of blocks.
    """

    table: str
    sampling: str = ""
    terms: tuple[str, ...] = ()
    params: Mapping[str, object] = field(default_factory=dict)
    percent: float = 100.0
    blocks: tuple[int, int | None] | None = None

    def source(self, alias: str = "") -> str:
        """Return the table as it stands in FROM."""
        return f"{self.table}{alias and f' AS {alias}'}{self.sampling}"

    def condition(self, alias: str = "") -> str:
        """Return the condition that only the rows of the page meet."""
        prefix = f"{alias}." if alias else ""
        return " AND ".join(term.replace(_ALIAS, prefix) for term in self.terms) or "TRUE"


Ask = Callable[[Page], T]


def read_pages(
    catalog: Catalog, table: Table, session: Session, ask: Ask[T], *, most_rows: float = float("inf")
) -> Iterator[tuple[Page, T]]:
    """Yield what `ask` returns of each page of a table, in order; a small table is one page.

    On PostgreSQL a table of more than `most_rows` is sampled instead, by TABLESAMPLE. Raises what `ask` raises;
    TimedOut only when even the smallest page takes too long.
    """
    if catalog.dialect == "postgresql" and table.estimated_rows > most_rows:
        yield _sampled(table, most_rows, ask)
        return
    is_counted = catalog.dialect == "postgresql" and table.kind is TableKind.PLAIN and table.estimated_rows >= 0
    if is_counted and table.pages <= PAGE_BLOCKS:
        yield from read_whole_or_pages(catalog, table, session, ask)
    else:
        pager = _pager(catalog, table, session)
        yield from _paged(pager, pager.size, ask)


def read_whole_or_pages(catalog: Catalog, table: Table, session: Session, ask: Ask[T]) -> Iterator[tuple[Page, T]]:
    """Yield what `ask` returns of a whole table, where an index may answer it at once; of pages when that times out."""
    whole = Page(_from(catalog.dialect, table))
    try:
        answer = ask(whole)
    except LockNotFree:
        raise
    except TimedOut:
        pager = _pager(catalog, table, session)
        yield from _paged(pager, max(pager.least, pager.size // _DIVISOR), ask)
    else:
        yield whole, answer


def _sampled(table: Table, most_rows: float, ask: Ask[T]) -> tuple[Page, T]:
    """Return what `ask` returns of a sample: of fewer rows, when it takes too long."""
    name, percent = _from("postgresql", table), max(0.01, 100 * most_rows / table.estimated_rows)
    while True:
        page = Page(name, f" TABLESAMPLE SYSTEM ({percent:.4f})", percent=percent)
        try:
            return page, ask(page)
        except LockNotFree:
            raise
        except TimedOut:
            if percent * table.estimated_rows / 100 <= LEAST_SAMPLE_ROWS:
                raise
            percent /= _DIVISOR


class _Pager(Protocol):
    """What divides a table: sizes in its own unit, places that only it understands."""

    @property
    def size(self) -> int:
        """Size of a page at first, at most all there is."""

    @property
    def least(self) -> int:
        """Size below which a page is not divided."""

    def page(self, place: tuple[object, ...], size: int) -> tuple[Page, tuple[object, ...] | None]:
        """Return the page at a place, () for the first, and the next place; None behind the last."""


def _paged(pager: _Pager, size: int, ask: Ask[T]) -> Iterator[tuple[Page, T]]:
    place: tuple[object, ...] | None = ()
    while place is not None:
        try:
            page, following = pager.page(place, size)
            answer = ask(page)
        except LockNotFree:
            raise
        except TimedOut:
            if size <= pager.least:
                raise
            size = max(pager.least, size // _DIVISOR)
            continue
        yield page, answer
        place = following


def _pager(catalog: Catalog, table: Table, session: Session) -> _Pager:
    name = _from(catalog.dialect, table)
    if catalog.dialect == "postgresql":
        (row,) = session.query(_BLOCKS, {"name": sure_name(table.schema, table.name)})
        if not row["is_heap"]:
            return _Whole(name)
        return _Blocks(name, row["blocks"], max(1, min(row["blocks"], PAGE_BLOCKS // row["leaves"])))
    key = _key_of(table)
    return _Keys(name, key, session, min(PAGE_ROWS, _most_rows(name, key, session))) if key else _Whole(name)


@dataclass(frozen=True, slots=True)
class _Whole:
    """A table that is not divided."""

    name: str
    size: int = 1
    least: int = 1

    def page(self, place: tuple[object, ...], size: int) -> tuple[Page, tuple[object, ...] | None]:
        return Page(self.name), None


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Ranges of blocks; the last has no end, whatever was written meanwhile."""

    name: str
    blocks: int
    size: int

    @property
    def least(self) -> int:
        return min(self.size, LEAST_BLOCKS)

    def page(self, place: tuple[object, ...], size: int) -> tuple[Page, tuple[object, ...] | None]:
        low = int(str(place[0])) if place else 0
        high = low + size
        terms = (f"{_ALIAS}ctid >= CAST('({low:d},0)' AS tid)",) if low else ()
        if high >= self.blocks:
            return Page(self.name, terms=terms, blocks=(low, None)), None
        terms = (*terms, f"{_ALIAS}ctid < CAST('({high:d},0)' AS tid)")
        return Page(self.name, terms=terms, blocks=(low, high)), (high,)


@dataclass(frozen=True, slots=True)
class _Keys:
    """Ranges of the key a SQLite table is kept by; where each ends is read from the table itself."""

    name: str
    key: tuple[str, ...]
    session: Session
    size: int

    @property
    def least(self) -> int:
        return min(self.size, LEAST_ROWS)

    def page(self, place: tuple[object, ...], size: int) -> tuple[Page, tuple[object, ...] | None]:
        names = ", ".join(self.key)
        if not place and size >= self.size < PAGE_ROWS:
            return Page(self.name), None
        low = {f"page_low_{at}": value for at, value in enumerate(place)}
        begins = (_compared(self.key, ">", low),) if place else ()
        where = Page(self.name, terms=begins).condition()
        rows = self.session.query(
            f"SELECT {names} FROM {self.name} WHERE {where} ORDER BY {names} LIMIT 1 OFFSET :page_rows",  # noqa: S608  # quoted names
            {**low, "page_rows": size - 1},
        )
        if not rows:
            return Page(self.name, terms=begins, params=low), None
        following = tuple(rows[0].values())
        high = {f"page_high_{at}": value for at, value in enumerate(following)}
        return Page(self.name, terms=(*begins, _compared(self.key, "<=", high)), params={**low, **high}), following


def _compared(key: tuple[str, ...], sign: str, given: Mapping[str, object]) -> str:
    return f"({', '.join(_ALIAS + name for name in key)}) {sign} ({', '.join(':' + name for name in given)})"


def _key_of(table: Table) -> tuple[str, ...]:
    """Return the key that a SQLite table is kept by, quoted; none where all names of the rowid are taken."""
    if table.is_without_rowid:
        return tuple(map(sure_name, table.primary_key.columns)) if table.primary_key else ()
    taken = {column.name.lower() for column in table.columns}
    return next(((name,) for name in _ROWIDS if name not in taken), ())


def _most_rows(name: str, key: tuple[str, ...], session: Session) -> int:
    """Return the most rows a table can have as its first and last rowid say, read by two steps in its tree."""
    if key[0] not in _ROWIDS:
        return PAGE_ROWS
    span = session.scalar(
        f"SELECT (SELECT max({key[0]}) FROM {name}) - (SELECT min({key[0]}) FROM {name})"  # noqa: S608  # as above
    )
    return int(span or 0) + 1


def _from(dialect: str, table: Table) -> str:
    only = "ONLY " if dialect == "postgresql" and table.kind is TableKind.PLAIN else ""
    return only + (sure_name(table.schema, table.name) if dialect == "postgresql" else sure_name(table.name))
