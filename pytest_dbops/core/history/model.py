"""What is known of an alembic history without running any of it."""

from __future__ import annotations

from enum import Enum

from pytest_dbops.core.frozen import frozen


class Downgrade(Enum):
    """What the function `downgrade` of a revision does.

    MISSING: there is none. EMPTY: it does nothing. RAISES: it does nothing but raise. RUNS: anything else.
    """

    MISSING = "missing"
    EMPTY = "empty"
    RAISES = "raises"
    RUNS = "runs"


class ProblemKind(Enum):
    """What can be wrong with a history; the value is its name in JSON."""

    DOES_NOT_PARSE = "does_not_parse"
    NO_REVISION_ID = "no_revision_id"
    NOT_STATIC = "not_static"
    ILLEGAL_ID = "illegal_id"
    DUPLICATE_ID = "duplicate_id"
    DUPLICATE_LABEL = "duplicate_label"
    UNKNOWN_DOWN_REVISION = "unknown_down_revision"
    UNKNOWN_DEPENDENCY = "unknown_dependency"
    CYCLE = "cycle"
    SEVERAL_HEADS = "several_heads"
    MISSING_UPGRADE = "missing_upgrade"
    MISSING_DOWNGRADE = "missing_downgrade"

    @property
    def breaks(self) -> bool:
        """Whether alembic refuses the whole history because of it, or would read it in two ways."""
        return self not in (ProblemKind.SEVERAL_HEADS, ProblemKind.MISSING_UPGRADE, ProblemKind.MISSING_DOWNGRADE)


@frozen
class Revision:
    """One revision, as its file says.

    down: the revisions it follows; two or more for a merge, none for a base.
    depends_on: further revisions that must be applied first; branch labels are resolved to revisions.
    labels: the branch labels its own file gives.
    title: the first paragraph of the file's docstring, on one line.
    file: relative to the project's root. line, upgrade_line, downgrade_line: from 1; 0 for what is not there.
    irreversible_reason: the words of a downgrade that only raises; may be empty.
    digest: SHA-256 of the syntax tree without comments, formatting and docstrings, and of the SQL files beside it that
        it names; comparable only within one minor version of Python.
    """

    id: str
    down: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    title: str = ""
    file: str = ""
    line: int = 0
    upgrade_line: int = 0
    downgrade_line: int = 0
    downgrade: Downgrade = Downgrade.MISSING
    irreversible_reason: str = ""
    digest: str = ""


@frozen
class HistoryProblem:
    """One thing that is wrong; `message` and `hint` are a line each, `revision` is empty where no id is known."""

    kind: ProblemKind
    revision: str
    file: str
    line: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Return place, message and hint on one line."""
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return f"{place}{self.message}" + (f" ({self.hint})" if self.hint else "")


@frozen
class History:
    """All revisions of a project, oldest first: each stands behind everything it follows or depends on.

    The order is the same whenever the files are the same, and a branch is followed to its end before the next.
    heads: revisions nothing follows; bases: revisions that follow nothing. Both in the order of `revisions`.
    problems: what is wrong. With one that breaks (see ProblemKind), order and heads are only what can be made of it.
    """

    revisions: tuple[Revision, ...] = ()
    heads: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    problems: tuple[HistoryProblem, ...] = ()

    @property
    def breaking(self) -> tuple[HistoryProblem, ...]:
        """The problems for which alembic refuses the whole history."""
        return tuple(problem for problem in self.problems if problem.kind.breaks)
