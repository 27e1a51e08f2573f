"""Who stands before and behind whom in a history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pytest_dbops.core.errors import UsageError
from pytest_dbops.core.history.model import History, Revision


def parents(revision: Revision) -> tuple[str, ...]:
    """Return what must be applied just before a revision: what it follows, then what it depends on."""
    return tuple(dict.fromkeys((*revision.down, *revision.depends_on)))


def ancestors(history: History, ids: Iterable[str]) -> frozenset[str]:
    """Return all revisions that are applied when these are, themselves included; unknown ids are passed over."""
    return _reached(history, ids, _parents(history, parents))


def descendants(history: History, ids: Iterable[str]) -> frozenset[str]:
    """Return all revisions that must be taken back before these can be, themselves included."""
    return _reached(history, ids, _turned(_parents(history, parents)))


def followers(history: History, ids: Iterable[str]) -> frozenset[str]:
    """Return these and all that follow them by `down_revision` alone."""
    return _reached(history, ids, _turned(_parents(history, _down)))


def lineage(history: History, revision: str) -> frozenset[str]:
    """Return a revision's branch: itself, what it follows and what follows it, by `down_revision` alone."""
    return _reached(history, [revision], _parents(history, _down)) | followers(history, [revision])


def path(history: History, lower: str, upper: str) -> tuple[Revision, ...]:
    """Return what runs to get from one revision to another, oldest first, without `lower` itself.

    Raises UsageError when `lower` is no ancestor of `upper`.
    """
    wanted = ancestors(history, [upper])
    if lower not in wanted:
        raise UsageError(f"revision {lower!r} does not come before {upper!r}")
    return in_order(history, wanted - ancestors(history, [lower]))


def effective_heads(history: History, ids: Iterable[str]) -> tuple[str, ...]:
    """Return those of the ids that nothing else among them needs: what a version table holds when all are applied."""
    chosen = in_order(history, ids)
    needed = {each for revision in chosen for each in parents(revision)}
    return tuple(revision.id for revision in chosen if revision.id not in needed)


def in_order(history: History, ids: Iterable[str]) -> tuple[Revision, ...]:
    """Return the revisions of these ids, oldest first."""
    wanted = frozenset(ids)
    return tuple(revision for revision in history.revisions if revision.id in wanted)


def _down(revision: Revision) -> tuple[str, ...]:
    return revision.down


def _parents(history: History, of: Callable[[Revision], tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    return {revision.id: of(revision) for revision in history.revisions}


def _turned(edges: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    turned: dict[str, list[str]] = {each: [] for each in edges}
    for child, all_parents in edges.items():
        for parent in all_parents:
            turned.setdefault(parent, []).append(child)
    return {each: tuple(children) for each, children in turned.items()}


def _reached(history: History, ids: Iterable[str], edges: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    known = {revision.id for revision in history.revisions}
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        each = waiting.pop()
        if each in known and each not in found:
            found.add(each)
            waiting += edges[each]
    return frozenset(found)
