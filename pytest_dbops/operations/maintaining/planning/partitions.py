"""Steps that make the partitions of the periods to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pytest_dbops.checks.schema._bounds import Span, range_of
from pytest_dbops.checks.schema._quoting import sure_name, sure_text
from pytest_dbops.checks.schema._scope import partitions_of
from pytest_dbops.core.catalog import Catalog, Table
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.maintenance.step import Place, Step, kept_back, step_for
from pytest_dbops.core.maintenance.tasks import TASKS
from pytest_dbops.operations.maintaining.looking import Seen

_FORMATS = ("%Y_%m_%d", "%Y-%m-%d", "%Y%m%d", "%Y_%m", "%Y-%m", "%Y%m", "%Y")
_LONGEST_NAME = 63
_MOST = 24
"""A table that is years behind gets so many partitions a run."""


def coming_partitions(seen: Seen) -> Iterator[Step]:
    """Make what SCH029 misses of the periods to come; gaps, defaults and hashes are a person's matter."""
    parents = {table.display: table for table in seen.catalog.tables if table.partition_key is not None}
    for finding in seen.of("SCH029"):
        if finding.identity == "next period":
            yield from _steps(finding, parents[finding.subject], seen)


def _steps(finding: Finding, parent: Table, seen: Seen) -> Iterator[Step]:
    partitions = partitions_of(seen.catalog, parent)
    spans = sorted(
        ((found, part) for part in partitions if isinstance(found := range_of(part), Span)),
        key=lambda pair: pair[0].start,
    )
    last, like = spans[-1]
    now = datetime.fromisoformat(seen.statistics.taken_at)
    ends = now + (last.end - last.start) * (seen.settings_of("SCH029").number("periods_ahead") + 1)
    why = _waits(seen.catalog, parent, partitions)
    made: list[str] = []
    names: list[str] = []
    while last.end < ends and len(names) < _MOST:
        following = _following(last)
        name = _name(parent, like, spans[-1][0], following)
        if seen.catalog.has_table(parent.schema, name) or name in names:
            return  # the name is taken by something else: a person has to choose one
        names.append(name)
        made += _statements(parent, name, following)
        last = following
    if not names:
        return
    quoted = [sure_name(parent.schema, name) for name in names]
    step = step_for(
        TASKS["create_partition"], finding, ["BEGIN", *made, "COMMIT"], rates=seen.rates, is_blocking=bool(why),
        rollback=" ".join(f"DROP TABLE {name};" for name in quoted), place=Place(parent.schema, parent.name),
        note=f"makes {', '.join(names)}",
    )  # fmt: skip
    yield kept_back(step, why) if why else step


def _statements(parent: Table, name: str, span: Span) -> list[str]:
    """Return what makes a partition beside the table and attaches it: that blocks nobody (manual, "ALTER TABLE")."""
    new = sure_name(parent.schema, name)
    return [
        f"CREATE TABLE {new} (LIKE {_sure(parent)} INCLUDING ALL EXCLUDING IDENTITY)",
        f"ALTER TABLE {_sure(parent)} ATTACH PARTITION {new} "
        f"FOR VALUES FROM ({sure_text(span.start_text)}) TO ({sure_text(span.end_text)})",
    ]


def _sure(table: Table) -> str:
    return sure_name(table.schema, table.name)


def _waits(catalog: Catalog, parent: Table, partitions: tuple[Table, ...]) -> str:
    """Return why attaching makes others wait; empty where it does not."""
    if any(part.partition_bound == "DEFAULT" for part in partitions):
        return "attaching locks and reads its default partition"
    if parent.foreign_keys:
        return "attaching adds its foreign keys, for which writers of the tables they refer to wait"
    if any(key.target == parent.display for table in catalog.tables for key in table.foreign_keys):
        return "attaching extends the foreign keys that refer to it, for which their writers wait"
    return ""


def _following(span: Span) -> Span:
    text = span.following_text
    end = datetime.fromisoformat(text)
    return Span(span.end, end if end.tzinfo else end.replace(tzinfo=span.end.tzinfo), span.end_text, text)


def _name(parent: Table, like: Table, of: Span, span: Span) -> str:
    """Return a name in the way the newest partition was named, else one with the day it begins."""
    for form in _FORMATS:
        stamp = of.start.strftime(form)
        if like.name.endswith(stamp):
            return like.name.removesuffix(stamp) + span.start.strftime(form)
    return f"{parent.name[: _LONGEST_NAME - 10]}_p{span.start:%Y%m%d}"
