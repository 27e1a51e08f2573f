"""Which revisions a process of the walk takes, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_dbops.core.frozen import frozen

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory


@frozen
class Plan:
    """What is done with each revision.

    revisions: all that are walked, oldest first; those the baseline stands for are not among them.
    parents: what has to be there before each: the revisions it follows, and those it depends on.
    below: those the baseline stands for; counted: their heads, which the version table is stamped with.
    judged: taken by an earlier process of this walk, and only put in; failed: left out, with all that need them.
    present: those of the judged that the database has already.
    remembered: failed alone, but may be put in by one long run, in which alembic remembers what types it has made.
    """

    revisions: tuple[Script, ...]
    parents: Mapping[str, tuple[str, ...]]
    below: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    judged: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    remembered: frozenset[str] = frozenset()
    present: frozenset[str] = frozenset()

    def steps(self) -> Iterator[tuple[Script, bool]]:
        """Yield each revision that can be put in and is not there, and whether it is to be judged."""
        for revision in self.reachable():
            if revision.revision not in self.present:
                yield revision, revision.revision not in self.judged | self.remembered

    def reachable(self, also_failed: str = "") -> list[Script]:
        """Return the revisions that neither failed nor need one that did, oldest first."""
        lost = {*self.failed, also_failed}
        found = []
        for revision in self.revisions:
            if revision.revision in lost or lost.intersection(self.parents[revision.revision]):
                lost.add(revision.revision)
            else:
                found.append(revision)
        return found

    def is_at(self, heads: tuple[str, ...]) -> bool:
        """Whether a database with these rows in its version table has what is said to be present, and no more."""
        return _with_ancestors(self.parents, heads) - set(self.below) == self.present

    def has_all(self, heads: tuple[str, ...]) -> bool:
        """Whether a database with these rows in its version table has every revision of the plan."""
        return _with_ancestors(self.parents, heads).issuperset(each.revision for each in self.revisions)

    def after(self, heads: tuple[str, ...]) -> Plan:
        """Return the plan without these revisions and what they need: the baseline stands for them."""
        below = _with_ancestors(self.parents, heads)
        revisions = tuple(each for each in self.revisions if each.revision not in below)
        return replace(self, revisions=revisions, below=tuple(sorted(below)), counted=heads)


def make_plan(
    script: ScriptDirectory, *, judged: Iterable[str] = (), failed: Iterable[str] = (), remembered: Iterable[str] = (),
    present: Iterable[str] = (),
) -> Plan:  # fmt: skip
    """Return the plan for a whole history, from empty."""
    everything = list(script.walk_revisions())[::-1]
    parents = {each.revision: (*down_of(each), *needed_by(each, script)) for each in everything}
    return Plan(
        tuple(everything), parents, judged=frozenset(judged), failed=frozenset(failed),
        remembered=frozenset(remembered), present=frozenset(present),
    )  # fmt: skip


def down_of(revision: Script) -> tuple[str, ...]:
    """Return the revisions that one follows."""
    return _tuple(revision.down_revision)


def needed_by(revision: Script, script: ScriptDirectory) -> tuple[str, ...]:
    """Return the revisions that one depends on beside those it follows, by their own names and not by labels."""
    if not revision.dependencies:
        return ()
    return tuple(each.revision for each in script.get_revisions(_tuple(revision.dependencies)) if each is not None)


def _with_ancestors(parents: Mapping[str, tuple[str, ...]], names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += parents.get(name, ())
    return found


def _tuple(value: str | Iterable[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
