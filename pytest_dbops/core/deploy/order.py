"""Which revisions a deploy runs, and what is out of order among them."""

from __future__ import annotations

from collections.abc import Collection

from pytest_dbops.core.errors import Blocked
from pytest_dbops.core.history import History, Revision, ancestors, descendants, select_revisions


def to_apply(history: History, applied: Collection[str], to: str = "") -> tuple[Revision, ...]:
    """Return what an upgrade to the head, or to `to`, has to run, oldest first.

    Raises Blocked when there are several heads and nothing says which.
    """
    done = ancestors(history, applied)
    if to:
        wanted = ancestors(history, [each.id for each in select_revisions(history, to, applied=applied)])
    else:
        if len(history.heads) > 1:
            raise Blocked(
                f"the history has {len(history.heads)} heads: {', '.join(history.heads)}"
                " (merge them: alembic merge heads; or say which: --to REVISION, or --to heads)"
            )
        wanted = ancestors(history, history.heads)
    return tuple(each for each in history.revisions if each.id in wanted - done)


def to_take_back(history: History, applied: Collection[str], to: str) -> tuple[Revision, ...]:
    """Return what a downgrade to `to` has to run, newest first; `base` takes everything back, `-N` the last N."""
    done = ancestors(history, applied)
    if to.startswith("-") and to[1:].isdecimal():
        return select_revisions(history, to, applied=applied)[::-1] if done else ()
    if to == "base":
        gone = done
    else:
        kept = [each.id for each in select_revisions(history, to, applied=applied)]
        strange = [each for each in kept if each not in done]
        if strange or not kept:
            raise Blocked(f"revision {(strange or [to])[0]!r} is not applied, so nothing can be taken back to it")
        gone = (descendants(history, kept) & done) - frozenset(kept)
    return tuple(each for each in reversed(history.revisions) if each.id in gone)


def out_of_order(history: History, applied: Collection[str], planned: Collection[Revision]) -> tuple[str, str]:
    """Return a planned revision and an applied one that does not come before it though both have one root.

    Two empty texts when there is none: then the order of running is the only one there is.
    """
    done = ancestors(history, applied)
    for revision in planned:
        before = ancestors(history, [revision.id])
        beside = done - before
        for other in beside:
            if ancestors(history, [other]) & before:
                return revision.id, other
    return "", ""
