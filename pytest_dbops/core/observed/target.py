"""What a target holds when a revision comes to it: sizes of its tables, and the revisions it has."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.observed.observation import Observation
from pytest_dbops.core.observed.sizes import Sizes, sizes_after


@frozen
class TargetSizes:
    """The sizes as they are now, None where they are not known; applied: revisions the target is known to have."""

    sizes: Sizes | None = None
    applied: frozenset[str] = frozenset()


FindSizes = Callable[[], TargetSizes]
"""Asks the target, once a process; what cannot be known is not in the answer."""


def sizes_before(target: TargetSizes, earlier: Iterable[Observation]) -> Sizes | None:
    """Return the sizes once other revisions are deployed: what they rename keeps its rows."""
    sizes = target.sizes
    for observation in earlier:
        sizes = sizes_after(sizes, observation) if sizes is not None else None
    return sizes
