"""SCH029."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from pytest_dbops.checks.schema._bounds import HashBound, Numbers, Span, hash_bound, range_of
from pytest_dbops.checks.schema._quoting import sure_name
from pytest_dbops.checks.schema._scope import partitions_of
from pytest_dbops.checks.schema._statements import quoted_list
from pytest_dbops.core.catalog import Catalog, Index, Table
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session
from pytest_dbops.core.severity import Severity

_DEFAULT = "DEFAULT"
_READABLE = """
SELECT n.nspname AS schema, c.relname AS name
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relispartition AND has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid)
"""


@check(
    "SCH029",
    category="schema",
    severity=Severity.ERROR,
    backends=("postgresql",),
    privilege=Privilege.SELECT,
    settings={"periods_ahead": 2},
)
def partition_gap(catalog: Catalog, session: Session, clock: datetime, settings: Settings) -> Iterator[Finding]:
    """A partitioned table has no partition for rows that will come, or keeps them where they should not be.

    Where no partition fits, INSERT fails; with a default partition rows gather in it, and the partition they
    belong to can no longer be made without moving them. Judged are ranges of time: whether the current period
    and `periods_ahead` more have a partition, gaps between two partitions, a missing remainder of a hash, rows
    in the default partition, and an index that only some of the partitions have. A range that ended more than
    ten periods ago is taken for one that nobody writes any more.

    Create the partitions ahead of time, by a job that also reports when it fails.
    """
    parents = [table for table in catalog.tables if table.partition_key is not None]
    for parent in parents:
        partitions = partitions_of(catalog, parent)
        yield from _judge_ranges(parent, partitions, clock, settings.number("periods_ahead"))
        yield from _missing_remainders(parent, partitions)
        yield from _uneven_indexes(partitions)
    yield from _rows_in_defaults(catalog, session, parents)


def _judge_ranges(
    parent: Table, partitions: Sequence[Table], clock: datetime, periods_ahead: float
) -> Iterator[Finding]:
    ranges = [found for part in partitions if (found := range_of(part)) is not None]
    spans = sorted((one for one in ranges if isinstance(one, Span)), key=lambda span: span.start)
    numbers = sorted((one for one in ranges if isinstance(one, Numbers)), key=lambda one: one.start)
    gaps = [(one.end_text, two.start_text) for one, two in pairwise(spans) if one.end < two.start]
    gaps += [(one.end_text, two.start_text) for one, two in pairwise(numbers) if one.end < two.start]
    for end, start in gaps:
        yield Finding(
            parent.display,
            f"no partition of {parent.display!r} takes rows from {end} to {start}",
            hint=_create(parent, end, start),
            identity=f"gap {end}",
            severity=Severity.WARNING,
        )
    if spans:
        has_default = _default_of(partitions) is not None
        yield from _next_period(parent, spans[-1], clock, periods_ahead, has_default=has_default)


def _next_period(
    parent: Table, last: Span, clock: datetime, periods_ahead: float, *, has_default: bool
) -> Iterator[Finding]:
    ahead = (last.end - clock) / (last.end - last.start)
    if ahead >= periods_ahead or ahead < -10:
        return
    is_over = ahead < 0
    consequence = "rows go to the default partition" if has_default else "INSERT fails"
    yield Finding(
        parent.display,
        f"the last partition of {parent.display!r} {'ended' if is_over else 'ends'} at {last.end_text}, "
        f"{max(0.0, ahead):.1f} periods from now ({periods_ahead:.0f} are wanted); then {consequence}",
        hint=_create(parent, last.end_text, last.following_text),
        identity="next period",
        severity=Severity.ERROR if is_over and not has_default else Severity.WARNING,
    )


def _missing_remainders(parent: Table, partitions: Sequence[Table]) -> Iterator[Finding]:
    bounds = [bound for part in partitions if (bound := hash_bound(part))]
    if not bounds:
        return
    whole = max(bound.modulus for bound in bounds)
    taken = {rest for bound in bounds for rest in range(bound.remainder, whole, bound.modulus)}
    missing = sorted(set(range(whole)) - taken)
    if missing:
        bound = HashBound(whole, missing[0])
        yield Finding(
            parent.display,
            f"no partition of {parent.display!r} takes remainder {missing[0]} of {whole} "
            f"({len(missing)} missing): INSERT fails for those keys",
            hint=f"CREATE TABLE {parent.quoted}_r{bound.remainder} PARTITION OF {parent.quoted} "
            f"FOR VALUES WITH (MODULUS {bound.modulus}, REMAINDER {bound.remainder});",
            identity="remainder",
        )


def _uneven_indexes(partitions: Sequence[Table]) -> Iterator[Finding]:
    plain = [part for part in partitions if part.partition_key is None]
    counted = Counter(signature for part in plain for signature in {_signature(index) for index in part.indexes})
    common = {signature for signature, count in counted.items() if len(plain) > 2 and 2 * count > len(plain)}
    for part in plain:
        for signature in sorted(common - {_signature(index) for index in part.indexes}):
            yield Finding(
                part.display,
                f"partition {part.display!r} lacks an index on ({signature}) that "
                f"{counted[signature]} of {len(plain)} partitions have",
                hint=f"CREATE INDEX ON {part.quoted} ({signature});",
                identity=signature,
                severity=Severity.WARNING,
            )


def _signature(index: Index) -> str:
    plain = [name for name in index.columns if name is not None]
    keys = quoted_list(plain) if len(plain) == len(index.keys) else ", ".join(key.text for key in index.keys)
    return keys if index.predicate is None else f"{keys}) WHERE ({index.predicate}"


def _rows_in_defaults(catalog: Catalog, session: Session, parents: Sequence[Table]) -> Iterator[Finding]:
    defaults = [
        (parent, default) for parent in parents if (default := _default_of(partitions_of(catalog, parent))) is not None
    ]
    if not defaults:
        return
    readable = {(row["schema"], row["name"]) for row in session.query(_READABLE)}
    asked = [pair for pair in defaults if (pair[1].schema, pair[1].name) in readable]
    rows = session.query(_any_rows([default for _, default in asked])) if asked else ()
    for row in rows:
        if row["has_rows"]:
            yield _default_has_rows(*asked[row["place"]])
    hidden = [default for _, default in defaults if (default.schema, default.name) not in readable]
    if hidden:
        raise MissingPrivilege(
            f"the role may not read default partition {hidden[0].display!r} "
            f"(run: GRANT SELECT ON {hidden[0].quoted} TO <the gate's role>;)"
        )


def _any_rows(tables: Sequence[Table]) -> str:
    return " UNION ALL ".join(_any_row(place, table) for place, table in enumerate(tables))


def _any_row(place: int, table: Table) -> str:
    name = sure_name(table.schema, table.name)
    return f"SELECT {place:d} AS place, EXISTS (SELECT FROM {name}) AS has_rows"  # noqa: S608  # a quoted name


def _default_has_rows(parent: Table, default: Table) -> Finding:
    is_list = (parent.partition_key or "").upper().startswith("LIST")
    return Finding(
        default.display,
        f"default partition {default.display!r} of {parent.display!r} holds rows: "
        "a partition for their values cannot be added without moving them",
        hint=f"move the rows: DETACH {default.quoted}, create the partitions, INSERT ... SELECT, attach it again",
        identity="default",
        severity=Severity.INFO if is_list else Severity.WARNING,
    )


def _default_of(partitions: Sequence[Table]) -> Table | None:
    return next((part for part in partitions if part.partition_bound == _DEFAULT), None)


def _create(parent: Table, start: str, end: str) -> str:
    return f"CREATE TABLE <name> PARTITION OF {parent.quoted} FOR VALUES FROM ('{start}') TO ('{end}');"
