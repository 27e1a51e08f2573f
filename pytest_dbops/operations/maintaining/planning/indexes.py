"""Steps for indexes: unfinished, bloated, missing, damaged, or sorted by an older collation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_dbops.checks.schema._quoting import sure_name
from pytest_dbops.checks.schema._scope import column_display
from pytest_dbops.checks.schema._statements import create_index
from pytest_dbops.core.catalog import Catalog, Index, Table, View
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.maintenance.step import Place, Step, kept_back, step_for
from pytest_dbops.core.maintenance.tasks import TASKS
from pytest_dbops.operations.maintaining.looking import Seen

_LEFTOVER = re.compile(r"(?P<stem>.+)_cc(?:new|old)\d*$")
_KEEPS_OLD_ONE = "none is needed: the old index serves until the new one is complete; what a stop leaves is dropped"
_WAITS = "waits for every transaction that is older; it needs room for a second index"


def invalid_indexes(seen: Seen) -> Iterator[Step]:
    """Drop what is left over or doubled, build the rest again."""
    holders = {f"{holder.display}.{index.name}": (holder, index) for holder, index in _indexes(seen.catalog)}
    for finding in seen.of("SCH008"):
        holder, index = holders[finding.subject]
        if isinstance(holder, Table) and holder.partition_key is not None:
            continue  # it becomes valid by what its partitions lack, which SCH029 tells of
        reason = _not_worth_building(holder, index)
        place = Place(index.schema, index.name, holder.name)
        if reason:
            step = step_for(
                TASKS["drop_invalid_index"], finding, [f"DROP INDEX CONCURRENTLY {_sure(index)}"], rates=seen.rates,
                rollback="none is needed: no query uses it", place=place, note=reason,
            )  # fmt: skip
        else:
            # All of the table is read and sorted; an invalid index itself may be empty.
            step = step_for(
                TASKS["rebuild_invalid_index"], finding, [f"REINDEX INDEX CONCURRENTLY {_sure(index)}"],
                rates=seen.rates, size_bytes=seen.size_of(holder.schema, holder.name),
                rollback="none is needed: it stays invalid, as it is", place=place, note=_WAITS,
            )  # fmt: skip
        constraint = index.constraint and reason
        yield kept_back(step, f"constraint {index.constraint!r} stands on it") if constraint else step


def bloated_indexes(seen: Seen) -> Iterator[Step]:
    """Build indexes anew whose pages are nearly empty."""
    if not seen.of("STO005"):
        return
    sizes = {(row["schema"], row["name"]): row["bytes"] for row in seen.statistics.rows("index_activity")}
    by_display = {f"{holder.display}.{index.name}": (holder, index) for holder, index in _indexes(seen.catalog)}
    for finding in seen.of("STO005"):
        holder, index = by_display[finding.subject]
        yield step_for(
            TASKS["rebuild_bloated_index"], finding, [f"REINDEX INDEX CONCURRENTLY {_sure(index)}"],
            rates=seen.rates, size_bytes=sizes.get((index.schema, index.name), 0), rollback=_KEEPS_OLD_ONE,
            place=Place(index.schema, index.name, holder.name), note=_WAITS,
        )  # fmt: skip


def missing_indexes(seen: Seen) -> Iterator[Step]:
    """Give foreign keys an index."""
    keys = {
        (column_display(table, *key.columns), key.target): (table, key.columns)
        for table in seen.catalog.tables
        for key in table.foreign_keys
    }
    for finding in seen.of("SCH004"):
        table, columns = keys[finding.subject, finding.identity]
        statement = create_index(seen.catalog, table, columns).removesuffix(";")
        is_concurrent = "CONCURRENTLY" in statement
        name = statement.partition(" ON ")[0].rpartition(" ")[2]
        yield step_for(
            TASKS["create_index"], finding, [statement], rates=seen.rates,
            size_bytes=seen.size_of(table.schema, table.name),
            rollback=f"DROP INDEX {'CONCURRENTLY ' if is_concurrent else ''}{name};",
            is_blocking=not is_concurrent, lock="" if is_concurrent else "SHARE (SQLite: the file's write lock)",
        )  # fmt: skip


def sorted_indexes(seen: Seen) -> Iterator[Step]:
    """Build all indexes anew when a collation sorts differently, then record its new version."""
    if not seen.of("INT004"):
        return
    rows = {row["name"]: row for row in seen.statistics.rows("collations")}
    database = sure_name(seen.identity.database)
    for finding in seen.of("INT004"):
        row = rows[finding.subject]
        if row["is_of_database"]:
            refresh = f"ALTER DATABASE {database} REFRESH COLLATION VERSION"
        else:
            refresh = f"ALTER COLLATION {sure_name(row['schema'], row['name'])} REFRESH VERSION"
        sizes = sum(row["index_bytes"] for row in seen.statistics.rows("tables"))
        yield step_for(
            TASKS["rebuild_sorted_indexes"], finding, [f"REINDEX DATABASE CONCURRENTLY {database}", refresh],
            rates=seen.rates, size_bytes=int(sizes), rollback=_KEEPS_OLD_ONE,
        )  # fmt: skip


def damaged_indexes(seen: Seen) -> Iterator[Step]:
    """Build damaged indexes anew."""
    by_display = {f"{holder.display}.{index.name}": (holder, index) for holder, index in _indexes(seen.catalog)}
    for finding in seen.of("INT002"):
        holder, index = by_display[finding.subject]
        yield _of_damaged(finding, holder, index, seen)


def _of_damaged(finding: Finding, holder: Table | View, index: Index, seen: Seen) -> Step:
    return step_for(
        TASKS["rebuild_damaged_index"], finding, [f"REINDEX INDEX CONCURRENTLY {_sure(index)}"], rates=seen.rates,
        size_bytes=seen.size_of(holder.schema, holder.name), rollback=_KEEPS_OLD_ONE,
        place=Place(index.schema, index.name, holder.name),
    )  # fmt: skip


def _not_worth_building(holder: Table | View, index: Index) -> str:
    """Return why an invalid index is dropped and not built, in words; empty for one that somebody wants."""
    if not index.is_live:
        return "it was being dropped, and that did not come to its end"
    left = _LEFTOVER.fullmatch(index.name)
    others = [each for each in holder.indexes if each.name != index.name]
    # PostgreSQL cuts the name of the index off where the two together would be too long.
    if left is not None and any(each.name.startswith(left["stem"]) for each in others):
        return "an interrupted REINDEX CONCURRENTLY left it"
    twin = next((each for each in others if each.is_usable and _shape(each) == _shape(index)), None)
    return f"{twin.name!r} is the same index, and is valid" if twin is not None else ""


def _sure(index: Index) -> str:
    return sure_name(index.schema, index.name)


def _shape(index: Index) -> tuple[object, ...]:
    return index.keys, index.method, index.include, index.predicate, index.is_unique, index.nulls_not_distinct


def _indexes(catalog: Catalog) -> Iterator[tuple[Table | View, Index]]:
    holders: list[Table | View] = [*catalog.tables, *catalog.views]
    for holder in holders:
        for index in holder.indexes:
            yield holder, index
