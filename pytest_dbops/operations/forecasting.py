"""Forecast what pending revisions will take: each is measured at three sizes on scratch databases, and carried on."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.errors import CannotJudge, DbopsError
from pytest_dbops.core.forecast import Forecasts, RevisionForecast, Sample, StatementForecast, at_any_size, carry
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.observed import Observation, ObservedStatement
from pytest_dbops.core.observed.sizes import Sizes
from pytest_dbops.core.observed.target import TargetSizes, sizes_before
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.core.walk import StepName, Walk, WalkedRevision
from pytest_dbops.operations.build import BuildOrder
from pytest_dbops.operations.child import Progress, Said, hearing, run_child, schemes_of

if TYPE_CHECKING:
    from pytest_dbops.migrating.filling.multiply import Variety

LARGEST_ROWS = 80_000
"""Rows of the largest scratch table: seconds to make, and far enough from the start-up cost of a statement."""
_SMALLEST_TOP = 2_000
_STEPS = (1 / 16, 1 / 4, 1)
REPEATS = 3
_CHILD = "pytest_dbops.operations.measure_child"
_WHO = "the process that measures the migrations"

Databases = Callable[[], AbstractContextManager[str]]


@frozen
class Measuring:
    """What revisions are measured with. order: without what the databases have already, as a baseline.

    databases: makes scratch databases with what the target has applied.
    """

    order: BuildOrder
    databases: Databases
    progress: Progress
    largest_rows: int = LARGEST_ROWS
    repeats: int = REPEATS


def forecast_walk(walk: Walk, target: TargetSizes, measuring: Measuring) -> Forecasts:
    """Return a forecast for each revision that a walk from the target's own revision has put in.

    What works on no rows takes what it took in the walk. What cannot be measured is told in the forecast, and no
    other revision is kept from its own.
    """
    found, earlier, before = [], list[Observation](), list[str]()
    for revision in walk.revisions:
        if revision.is_applied and revision.revision not in target.applied:
            found.append(_forecast(revision, walk.dialect, sizes_before(target, earlier), before, measuring))
            before.append(revision.revision)
            if revision.observation is not None:
                earlier.append(revision.observation)
    hardware = f"scratch {walk.server}, {os.cpu_count() or 1} cores"
    return Forecasts(hardware, datetime.now(UTC).isoformat(timespec="seconds"), tuple(found))


def _forecast(
    revision: WalkedRevision, dialect: str, sizes: Sizes | None, before: Sequence[str], measuring: Measuring
) -> RevisionForecast:
    name, observation = revision.revision, revision.observation
    if observation is None:
        return RevisionForecast(name, unknown=f"its statements were not observed: {revision.unobserved}")
    working = [each for each in observation.statements if dialect == "sqlite" or _works_on_rows(each)]
    tables = _tables_of(working, observation, sizes)
    if not working or (sizes is not None and all(sizes.rows(each) == 0 for each in tables)):
        return _as_walked(revision, observation)
    if sizes is None:
        return RevisionForecast(name, unknown="the sizes of the target's tables are not known")
    for table in tables:
        if sizes.rows(table) is None:
            return RevisionForecast(
                name, unknown=f"{table} was never analysed, so that its rows are not known (run there: ANALYZE {table})"
            )
    wanted = {table: sizes.rows(table) or 0 for table in tables if sizes.rows(table)}
    try:
        return _carried(name, _measured(name, wanted, before, measuring), wanted)
    except DbopsError as err:
        return RevisionForecast(name, unknown=str(err))


def _works_on_rows(statement: ObservedStatement) -> bool:
    return bool(statement.scans or statement.rewrites or statement.changed) or not statement.is_observed


def _tables_of(working: Sequence[ObservedStatement], observation: Observation, sizes: Sizes | None) -> list[str]:
    """Return the tables of the target that statements work on, by what was seen and by the names they say."""
    seen = {
        name
        for each in working
        for name in (*each.scanned_tables, *each.rewritten_tables, *(one.table for one in each.changed))
    }
    text = " ".join(each.sql for each in working)
    named = {
        name for name in (sizes.tables if sizes else {})
        if re.search(rf"\b{re.escape(name.rpartition('.')[2])}\b", text)
    }  # fmt: skip
    return sorted((seen | named) - set(observation.created))


def _as_walked(revision: WalkedRevision, observation: Observation) -> RevisionForecast:
    """Return the forecast of a revision that works on no rows: what it took once."""
    step = revision.step(StepName.UPGRADE)
    whole_ms = 1000 * step.duration_s if step else 0.0
    return RevisionForecast(
        revision.revision,
        at_any_size(whole_ms),
        tuple(
            StatementForecast(sql, number, each.line, at_any_size(each.duration_ms))
            for each, (sql, number) in zip(
                observation.statements, _numbered([each.sql for each in observation.statements]), strict=True
            )
        ),
    )


@dataclass(slots=True)
class _Measured:
    """All that one process told: times by statement, and of the whole."""

    whole: list[Sample] = field(default_factory=list)
    statements: dict[tuple[str, int], list[Sample]] = field(default_factory=dict)
    lines: dict[tuple[str, int], int] = field(default_factory=dict)
    growing: set[tuple[str, int]] = field(default_factory=set)

    def hear(self, said: Said, driver: str) -> None:
        if "whole_ms" not in said:
            return
        rows = int(said["rows"][driver])
        self.whole.append(Sample(rows, float(said["whole_ms"])))
        keys = _numbered([str(each["sql"]) for each in said["statements"]])
        for key, each in zip(keys, said["statements"], strict=True):
            self.statements.setdefault(key, []).append(Sample(rows, float(each["ms"])))
            self.lines[key] = int(each["line"])
            if each["may_grow"]:
                self.growing.add(key)


def _measured(name: str, wanted: Mapping[str, int], before: Sequence[str], measuring: Measuring) -> _Measured:
    """Measure one revision, once more with rows that differ in their keys only where others are not taken."""
    # Imported here: most revisions work on no rows of the target, and are not measured.
    from pytest_dbops.migrating.filling.multiply import Variety

    said: DbopsError | None = None
    for variety in Variety:
        measured = _Measured()
        try:
            _measure(name, wanted, before, variety, measuring, measured)
        except CannotJudge as err:
            said = said or err
            continue
        return measured
    assert said is not None
    raise said


def _measure(
    name: str, wanted: Mapping[str, int], before: Sequence[str], variety: Variety, measuring: Measuring,
    measured: _Measured,
) -> None:  # fmt: skip
    order, driver = measuring.order, max(wanted, key=lambda table: wanted[table])
    tell = hearing(measuring.progress)

    def hear(said: Said) -> None:
        measured.hear(said, driver)
        tell(said)

    with measuring.databases() as url:
        request: Mapping[str, object] = {
            **asdict(order), "root": str(order.root), "url": url, "written": schemes_of(order.variables),
            "revision": name, "before": list(before), "variety": variety.value, "repeats": measuring.repeats,
            "sizes": list(_steps_to(wanted, measuring.largest_rows)),
        }  # fmt: skip
        ended = run_child(_CHILD, request, cwd=Path(order.root), without=order.variables, hear=hear)
        ended.done(SecretMask(secrets_of_url(url)), _WHO)


def _steps_to(wanted: Mapping[str, int], largest_rows: int) -> Iterator[dict[str, int]]:
    """Yield the rows of each table at each step: all of them shares of the target's, up to what is affordable."""
    largest = max(wanted.values())
    top = min(largest_rows, max(largest, _SMALLEST_TOP))
    for step in _STEPS:
        yield {table: max(1, math.ceil(rows * top * step / largest)) for table, rows in wanted.items()}


def _carried(name: str, measured: _Measured, wanted: Mapping[str, int]) -> RevisionForecast:
    rows, tables = max(wanted.values()), tuple(sorted(wanted))
    statements = tuple(
        StatementForecast(
            sql, number, measured.lines[sql, number],
            carry(samples, rows, may_grow=(sql, number) in measured.growing), tables,
        )
        for (sql, number), samples in measured.statements.items()
    )  # fmt: skip
    return RevisionForecast(name, carry(measured.whole, rows), statements)


def _numbered(texts: Sequence[str]) -> list[tuple[str, int]]:
    """Return each text with how many equal ones came before it."""
    seen: Counter[str] = Counter()
    found = []
    for text in texts:
        found.append((text, seen[text]))
        seen[text] += 1
    return found
