"""The record of a walk: each revision taken up, down and up again on a scratch database of ours."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from pytest_dbops.core.catalog.difference import CatalogDiff
from pytest_dbops.core.downgrades import Downgrade
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.observed.observation import Observation
from pytest_dbops.core.rehearsed import CompatibilityFailure, Coverage
from pytest_dbops.core.step_name import StepName
from pytest_dbops.core.walk.failure import Failure
from pytest_dbops.core.walk.rows import MetRows


class Depth(StrEnum):
    """How far a revision is rehearsed, least first: what is not asked for is not run, made, read or observed."""

    DOWN = "schemas, up and down"
    SCHEMAS = "schemas"
    FULL = "schemas, rows, locks and the release before"

    def covers(self, asked: Depth) -> bool:
        """Tell whether what was rehearsed so far answers what is asked."""
        depths = list(Depth)
        return depths.index(self) >= depths.index(asked)


@frozen
class Step:
    """One step that was run.

    duration_s: the step alone, without what was read around it.
    difference: to the schema it should have ended with (a downgrade: that before the upgrade; an upgrade
        again: that after the first); empty for a first upgrade and where the step failed.
    """

    name: StepName
    duration_s: float
    failure: Failure | None = None
    difference: CatalogDiff = field(default_factory=CatalogDiff)


@frozen
class WalkedRevision:
    """What became of one revision.

    down: revisions it follows; depends_on: those it needs beside. title: the first line of its docstring.
    file: relative to the project's root; line, downgrade_line: where its functions begin, 0 when there is none.
    is_empty: whether its upgrade does nothing, as it is written: that of a merge, mostly.
    steps: those that were run, in order.
    irreversible: the words with which its downgrade refuses; None when it does not.
    blocked_by: the revision whose failure kept the walk from it; unjudged: what else did, in one line.
    met: the rows it met; None where it was not put in.
    broken: what the release before it can no longer do; None where that was not tried: `untried` says why.
    depth: how far it was rehearsed.
    observation: what its upgrade locked and wrote anew; None where that was not seen: `unobserved` says why.
    """

    revision: str
    down: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    title: str = ""
    file: str = ""
    line: int = 1
    downgrade: Downgrade = Downgrade.WRITTEN
    downgrade_line: int = 0
    is_empty: bool = False
    steps: tuple[Step, ...] = ()
    irreversible: str | None = None
    blocked_by: str = ""
    unjudged: str = ""
    met: MetRows | None = None
    broken: tuple[CompatibilityFailure, ...] | None = None
    untried: str = ""
    observation: Observation | None = None
    unobserved: str = ""
    depth: Depth = Depth.FULL

    def step(self, name: StepName) -> Step | None:
        """Return one step, None when it was not run."""
        return next((step for step in self.steps if step.name is name), None)

    def line_of(self, name: StepName) -> int:
        """Return the line to look at for a step: where it failed, else where its function begins."""
        step = self.step(name)
        if step is not None and step.failure is not None and step.failure.line:
            return step.failure.line
        return (self.downgrade_line if name is StepName.DOWNGRADE else 0) or self.line

    @property
    def is_applied(self) -> bool:
        """Whether its first upgrade was run and did not fail."""
        upgrade = self.step(StepName.UPGRADE)
        return upgrade is not None and upgrade.failure is None


@frozen
class Walk:
    """The rehearsal of a whole history on one scratch server.

    server: product and version; heads: of the history, sorted; revisions: oldest first, without those that the
    baseline stands for, which are in `counted`. databases: how many scratch databases it took.
    coverage: the rows that were made of every table, as far as the schema came.
    out_of_scope: revisions that were not to be judged; cached: how many were judged by an earlier run.
    """

    dialect: str
    server: str
    heads: tuple[str, ...]
    revisions: tuple[WalkedRevision, ...]
    counted: tuple[str, ...] = ()
    databases: int = 1
    coverage: Coverage = field(default_factory=Coverage)
    out_of_scope: tuple[str, ...] = ()
    cached: int = 0
    _by_name: dict[str, WalkedRevision] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the revisions: every item of a gate looks one up."""
        object.__setattr__(self, "_by_name", {each.revision: each for each in self.revisions})

    def revision(self, name: str) -> WalkedRevision | None:
        """Return one revision, None when the walk does not know it."""
        return self._by_name.get(name)
