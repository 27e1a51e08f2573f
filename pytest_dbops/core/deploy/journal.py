"""The journal of deploys: what was begun, what was finished, by whom, and from which source."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from enum import StrEnum

from pytest_dbops.core.frozen import frozen


class Event(StrEnum):
    """What a row of the journal tells.

    DEPLOY: a deploy or a rollback was begun; `detail` is what it was to do, as JSON.
    STARTED, TAKING_BACK: a revision is about to run; `detail` is the fingerprint of the schema before it.
    BUILDING: outside of a transaction it begins to build an index; `detail` is index and table, as JSON.
    APPLIED, TAKEN_BACK: written in the transaction that writes the version row.
    FAILED: it failed and is wholly rolled back, or `detail` says that it is not.
    RESOLVED: one that was in doubt has left nothing, or what it left was taken away.
    OVERRIDDEN: a refusal of the policy was overridden; `detail` is its name, `reason` why.
    ENDED: the deploy did what it was to do.
    MAINTENANCE: a run of maintenance was begun; `detail` is its steps, as JSON.
    STEP, STEP_ENDED: a step of it is about to run, and how it ended; `detail` is what and how, as JSON.
    SEALING: fields are about to be sealed anew; `detail` is which, and under which key, as JSON.
    SEALED: those of one column are; `detail` is how many, as JSON.
    """

    DEPLOY = "deploy"
    STARTED = "started"
    TAKING_BACK = "taking_back"
    BUILDING = "building"
    APPLIED = "applied"
    TAKEN_BACK = "taken_back"
    FAILED = "failed"
    RESOLVED = "resolved"
    OVERRIDDEN = "overridden"
    ENDED = "ended"
    MAINTENANCE = "maintenance"
    STEP = "step"
    STEP_ENDED = "step_ended"
    SEALING = "sealing"
    SEALED = "sealed"


BEGINS = (Event.STARTED, Event.TAKING_BACK)
_SETTLES = (Event.APPLIED, Event.TAKEN_BACK, Event.RESOLVED)


@frozen
class Entry:
    """One row, without its number; `at` is ISO 8601, empty until the database has given it.

    source, beside: of an applied revision, the text of its file, and the files it names as JSON (see
    `migrating.kept_source`).
    """

    deploy: str
    event: Event
    revision: str = ""
    actor: str = ""
    reason: str = ""
    detail: str = ""
    source: str = ""
    beside: str = ""
    at: str = ""


@frozen
class Doubt:
    """A revision that was begun and of which nobody wrote how it ended.

    fingerprint: of the schema before it. built: the details of the indexes it began to build by itself.
    is_downgrade: whether it was being taken back.
    """

    revision: str
    deploy: str
    at: str
    fingerprint: str
    built: tuple[str, ...] = ()
    is_downgrade: bool = False


def doubts(entries: Iterable[Entry]) -> tuple[Doubt, ...]:
    """Return the revisions in doubt, given the entries oldest first.

    A revision that failed stays in doubt if its entry says that a part of it is final.
    """
    open_ones: dict[str, Doubt] = {}
    for entry in entries:
        known = open_ones.get(entry.revision)
        if entry.event in BEGINS:
            begun = Doubt(
                entry.revision, entry.deploy, entry.at, entry.detail, is_downgrade=entry.event is Event.TAKING_BACK
            )
            open_ones[entry.revision] = known or begun
        elif entry.event is Event.BUILDING and known:
            open_ones[entry.revision] = replace(known, built=(*known.built, entry.detail))
        elif entry.event in _SETTLES or (entry.event is Event.FAILED and not entry.detail):
            open_ones.pop(entry.revision, None)
    return tuple(open_ones.values())


def kept(entries: Iterable[Entry], applied: Collection[str]) -> Mapping[str, Entry]:
    """Return the newest entry that tells how each of these revisions was applied; some may have none."""
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry.event is Event.APPLIED and entry.revision in applied:
            found[entry.revision] = entry
        elif entry.event is Event.TAKEN_BACK:
            found.pop(entry.revision, None)
    return found
