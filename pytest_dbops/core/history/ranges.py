"""Read a range of revisions as people write it.

    all             every revision
    last:N          the last N
    A:B  A..B       from A to B, both included; an open end is the base, or all heads
    +N  -N          the next N to be applied, or the N applied last
    A               one revision

A and B are a full id, a unique beginning of one, a branch label, `head`, `heads`, `base`, `current` (what is applied),
each also within a branch (`LABEL@head`) and with steps (`head-2`, `ae10+1`). `A:+2` goes two steps on from A,
`-2:B` begins two steps before B.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from pytest_dbops.core.errors import UsageError
from pytest_dbops.core.history.graph import ancestors, followers, in_order, lineage
from pytest_dbops.core.history.model import History, Revision
from pytest_dbops.core.history.standing import pending

_LAST = re.compile(r"last:(\d+)")
_RELATIVE = re.compile(r"[+-]\d+")
_SYMBOL = re.compile(r"(?:(?P<branch>[^@]+)@)?(?P<name>[^@+-]*)(?P<steps>[+-]\d+)?")
_MOST_NAMED = 5


def select_revisions(history: History, text: str, *, applied: Collection[str] | None = None) -> tuple[Revision, ...]:
    """Return the revisions of a range, oldest first; raises UsageError for one that means nothing.

    applied: the rows of a version table, for `current`, `+N` and `-N`; without them `+N` counts from the base and
    `-N` from the heads.
    """
    text = text.strip()
    if text == "all":
        return history.revisions
    if found := _LAST.fullmatch(text):
        return history.revisions[-int(found[1]) :] if int(found[1]) else ()
    if text.startswith("last:") and not any("last" in (each.id, *each.labels) for each in history.revisions):
        raise UsageError(f"{text!r} is no range: N in last:N is a number of revisions, as in last:3")
    if _RELATIVE.fullmatch(text):
        return _relative(history, int(text), applied)
    lower, separator, upper = text.partition(".." if ".." in text else ":")
    ends = _Ends(history, applied)
    if not separator:
        return in_order(history, ends.resolve(text) or (history.bases if text == "base" else ()))
    return _between(history, *ends.both(lower.strip(), upper.strip()), text)


def find_revision(history: History, text: str, *, applied: Collection[str] | None = None) -> Revision:
    """Return the one revision a symbol means; raises UsageError for none or several."""
    found = in_order(history, _Ends(history, applied).resolve(text.strip()))
    if len(found) != 1:
        named = ", ".join(revision.id for revision in found)
        raise UsageError(f"{text!r} is {len(found)} revisions{': ' if named else ''}{named}; one is needed")
    return found[0]


def _relative(history: History, steps: int, applied: Collection[str] | None) -> tuple[Revision, ...]:
    if steps >= 0:
        found, what = pending(history, applied or ()), "pending"
        chosen = found[:steps]
    else:
        done = ancestors(history, history.heads if applied is None else applied)
        found, what = in_order(history, done), "there" if applied is None else "applied"
        chosen = found[steps:]
    if len(chosen) < abs(steps):
        raise UsageError(f"{steps:+d} asks for {abs(steps)} revisions; {len(found)} are {what}")
    return chosen


def _between(history: History, lower: tuple[str, ...], upper: tuple[str, ...], text: str) -> tuple[Revision, ...]:
    """Return what lies between; a lower end without ids is the base."""
    wanted = ancestors(history, upper)
    strange = [each for each in lower if each not in wanted]
    if strange:
        raise UsageError(f"{text!r} is no range: {strange[0]} does not come before {', '.join(upper) or 'the base'}")
    return in_order(history, wanted & followers(history, lower) if lower else wanted)


class _Ends:
    """The ends of ranges in one history; an empty tuple of ids is the base, or what stands before it."""

    def __init__(self, history: History, applied: Collection[str] | None) -> None:
        self._history = history
        self._applied = applied
        self._by_id = {revision.id: revision for revision in history.revisions}
        self._by_label = {label: revision.id for revision in history.revisions for label in revision.labels}

    def both(self, lower: str, upper: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the ids of both ends, of which one may be relative to the other."""
        if _RELATIVE.fullmatch(upper) and int(upper) >= 0:
            start = self.resolve(lower or "base")
            return start, self._steps_from(start, int(upper), upper)
        end = self.resolve(f"heads{upper}" if _RELATIVE.fullmatch(upper) else upper or "heads")
        if _RELATIVE.fullmatch(lower) and int(lower) < 0:
            return self._steps_from(end, int(lower), lower), end
        return self.resolve(f"base{lower}" if _RELATIVE.fullmatch(lower) else lower or "base"), end

    def resolve(self, text: str) -> tuple[str, ...]:
        """Return the ids a symbol means."""
        if text in self._by_id or text in self._by_label:
            return (self._one(text, self._by_id),)
        found = _SYMBOL.fullmatch(text)
        if found is None or not (found["name"] or found["branch"]):
            raise UsageError(f"{text!r} is no revision and no range (all, last:N, A:B, +N, -N, ID, LABEL@head)")
        ids = self._named(found["name"] or "head", found["branch"] or "", text)
        return self._steps_from(ids, int(found["steps"]), text) if found["steps"] else ids

    def _named(self, name: str, branch: str, text: str) -> tuple[str, ...]:
        within = lineage(self._history, self._one(branch, self._by_id)) if branch else frozenset(self._by_id)
        if name == "base":
            return ()
        if name == "current":
            if self._applied is None:
                raise UsageError(f"{text!r} needs a database to ask (add: --env NAME)")
            return tuple(each for each in self._applied if each in within)
        if name in ("head", "heads"):
            heads = tuple(each for each in self._history.heads if each in within)
            if name == "head" and len(heads) != 1:
                raise UsageError(_no_single_head(text, heads))
            return heads
        return (self._one(name, within),)

    def _one(self, name: str, within: Iterable[str]) -> str:
        """Return the id that a name, a label or the beginning of an id means."""
        within = frozenset(within)
        exact = name if name in within else self._by_label.get(name, "")
        if exact in within:
            return exact
        found = [revision.id for revision in self._history.revisions if revision.id in within]
        found = [each for each in found if each.startswith(name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{name!r} begins {len(found)} revisions: {_listed(found)} (write more of it)")
        raise UsageError(f"there is no revision {name!r}{self._nearest(name)}")

    def _nearest(self, name: str) -> str:
        from difflib import get_close_matches

        near = get_close_matches(name, [*self._by_id, *self._by_label], n=1, cutoff=0.6)
        return f" (did you mean {near[0]!r}?)" if near else ""

    def _steps_from(self, start: tuple[str, ...], steps: int, text: str) -> tuple[str, ...]:
        """Return the revisions some steps from each of these; no ids are the base, one step before the first."""
        if start or not steps:
            return tuple(self._walk(each, steps, text) for each in start)
        if steps < 0 or len(self._history.bases) != 1:
            bases = _listed(self._history.bases)
            raise UsageError(f"{text!r} cannot be followed: the bases of the history are {bases or 'none'} (name one)")
        return (self._walk(self._history.bases[0], steps - 1, text),)

    def _walk(self, start: str, steps: int, text: str) -> str:
        """Return the revision some steps after or before another; each step must be the only one there is."""
        here = start
        for _ in range(abs(steps)):
            onward = (
                self._by_id[here].down
                if steps < 0
                else tuple(each.id for each in self._history.revisions if here in each.down)
            )
            if len(onward) != 1:
                where = "ends there" if not onward else f"forks into {_listed(onward)}"
                raise UsageError(f"{text!r} cannot be followed: from {here} the history {where}")
            here = onward[0]
        return here


def _no_single_head(text: str, heads: Collection[str]) -> str:
    if not heads:
        return f"{text!r} is no revision: there is none"
    return f"{text!r} is {len(heads)} revisions: {_listed(heads)} (name one, or LABEL@head, or heads)"


def _listed(ids: Collection[str]) -> str:
    shown = [*ids][:_MOST_NAMED]
    return ", ".join(shown) + (", ..." if len(ids) > _MOST_NAMED else "")
