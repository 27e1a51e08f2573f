"""SCH008."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_dbops.checks.schema._scope import stored_tables
from pytest_dbops.core.catalog import Catalog, Index, Table, View
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

_LEFTOVER = re.compile(r"_cc(?:new|old)\d*$")


@check("SCH008", category="schema", severity=Severity.ERROR, backends=("postgresql",))
def invalid_index(catalog: Catalog) -> Iterator[Finding]:
    """An index is invalid: a CREATE or REINDEX INDEX CONCURRENTLY did not come to its end.

    No query uses it, yet every write keeps it up to date; one meant to be unique does not prove that the rows
    are. A migration that says IF NOT EXISTS takes it for the real one and goes on. An index of a partitioned
    table is invalid as long as one partition lacks its part. An index being built at this moment looks the same.

    Build it again with REINDEX INDEX CONCURRENTLY, or drop what an interrupted REINDEX left (`_ccnew`, `_ccold`).
    """
    holders: list[Table | View] = [*stored_tables(catalog), *catalog.views]
    for holder in holders:
        for index in holder.indexes:
            if not index.is_usable:
                yield Finding(
                    f"{holder.display}.{index.name}",
                    f"index {index.name!r} of {holder.display!r} is {_state(holder, index)}",
                    hint=_hint(holder, index),
                )


def _state(holder: Table | View, index: Index) -> str:
    if _is_partitioned(holder):
        return "invalid: not every partition has its part"
    if not index.is_live:
        return "being dropped, and that did not come to its end"
    return "invalid: no query uses it, every write pays for it"


def _hint(holder: Table | View, index: Index) -> str:
    if _is_partitioned(holder):
        return f"ALTER INDEX {index.quoted} ATTACH PARTITION <the index of each partition that lacks it>"
    if _LEFTOVER.search(index.name) or not index.is_live:
        return f"DROP INDEX CONCURRENTLY {index.quoted};"
    return f"REINDEX INDEX CONCURRENTLY {index.quoted};"


def _is_partitioned(holder: Table | View) -> bool:
    return isinstance(holder, Table) and holder.partition_key is not None
