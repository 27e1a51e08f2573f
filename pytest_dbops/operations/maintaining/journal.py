"""What the journal keeps of maintenance: each step before and after, so that rates and left-overs are known later."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_dbops.core.deploy.journal import Entry, Event
from pytest_dbops.core.finding import Code
from pytest_dbops.core.maintenance.estimate import LEAST_BYTES, Rates
from pytest_dbops.core.maintenance.outcome import DoneStep, Fate
from pytest_dbops.core.maintenance.step import Place, Step, Window
from pytest_dbops.core.severity import Severity

_NEWEST = 20
_RAN = (Fate.DONE, Fate.BETTERED, Fate.NOT_BETTERED, Fate.UNJUDGED)


def begun_detail(step: Step) -> str:
    """Return a step that is about to run, as JSON."""
    return json.dumps({
        "task": step.task, "code": step.code, "subject": step.subject, "statements": list(step.statements),
        "schema": step.place.schema, "name": step.place.name, "table": step.place.table,
    })  # fmt: skip


def ended_detail(done: DoneStep) -> str:
    """Return how a step ended, as JSON."""
    return json.dumps({
        "task": done.step.task, "subject": done.step.subject, "fate": done.fate.value, "bytes": done.step.size_bytes,
        "seconds": round(done.duration_s, 3), "before": done.before, "after": done.after, "why": done.why,
    })  # fmt: skip


def rates_in(entries: Iterable[Entry]) -> Rates:
    """Return the bytes a second that each kind of step made, of its newest runs."""
    found: dict[str, list[float]] = {}
    for entry in entries:
        if entry.event is not Event.STEP_ENDED:
            continue
        told = _told(entry)
        if Fate(told["fate"]) in _RAN and told["bytes"] >= LEAST_BYTES and told["seconds"] > 0:
            found.setdefault(told["task"], []).append(told["bytes"] / told["seconds"])
    return Rates({name: tuple(rates[-_NEWEST:]) for name, rates in found.items()})


def unfinished(entries: Iterable[Entry]) -> tuple[tuple[Entry, Step], ...]:
    """Return the steps that were begun and of which nobody wrote how they ended, with the entry that began each."""
    open_ones: dict[str, Entry] = {}
    for entry in entries:
        if entry.event is Event.STEP:
            open_ones[entry.deploy] = entry
        elif entry.event in (Event.STEP_ENDED, Event.RESOLVED):
            open_ones.pop(entry.deploy, None)
    return tuple((entry, _step(_told(entry))) for entry in open_ones.values())


def _told(entry: Entry) -> Mapping[str, Any]:
    told: Mapping[str, Any] = json.loads(entry.detail)
    return told


def _step(told: Mapping[str, Any]) -> Step:
    """Return as much of a step as is needed to look for what it left."""
    return Step(
        told["task"], Code(told["code"]), told["subject"], "", tuple(told["statements"]), "", False, 0, 0.0, "",
        Window.ANY_TIME, "", Severity.INFO, place=Place(told["schema"], told["name"], told["table"]),
    )  # fmt: skip
