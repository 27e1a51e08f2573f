"""Which revisions a gate judges: those asked for, else those the environment's kind asks for."""

from __future__ import annotations

from collections.abc import Collection

from pytest_dbops.config.model import Config
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import ConfigError, UsageError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.history import History, Revision, ancestors, select_revisions
from pytest_dbops.operations.migrations.project import project_history

PENDING = "pending"
ALL = "all"
OPTION = "--dbops-revisions"


@frozen
class RevisionScope:
    """The revisions in scope, as far as they are known without the target.

    text: what was asked for; default: what the environment's kind asks for.
    every: all that can be judged, oldest first: those the baseline stands for are not among them.
    chosen: the ids in scope; None for `pending`, which the target's version table tells.
    """

    text: str
    default: str
    history: History
    every: tuple[Revision, ...]
    chosen: frozenset[str] | None

    @property
    def items(self) -> tuple[Revision, ...]:
        """The revisions that have items: collecting asks no database, so all have where only it knows its scope."""
        return self.every if self.chosen is None else tuple(each for each in self.every if each.id in self.chosen)

    def judged(self, pending: Collection[str]) -> frozenset[str]:
        """Return the ids in scope, given those that the target lacks."""
        known = frozenset(each.id for each in self.every)
        return known & frozenset(pending) if self.chosen is None else self.chosen

    def left_out(self, pending: Collection[str] | None) -> str:
        """Return in one line that less is in scope than the environment asks for; empty when it is not.

        pending: what the target lacks; None when that was not read: then what cannot be known counts as less.
        """
        if self.text == self.default or self.text == ALL:
            return ""
        wanted = {each.id for each in self.every}
        if self.default == PENDING:
            wanted &= wanted if pending is None else set(pending)
        if self.chosen is None and pending is None:
            return f"revisions that are not pending left out ({OPTION}={self.text})"
        lost = len(wanted - self.judged(pending or ()))
        if not lost:
            return ""
        return f"{lost} of {len(self.every)} revisions left out ({OPTION}={self.text})"

    def shown(self, pending: Collection[str] | None) -> str:
        """Return the scope in a few words: `all 12`, `last:3 (3 of 12)`, `pending (none of 12)`."""
        if self.chosen is None and pending is None:
            return f"{self.text} (of {len(self.every)})"
        number = len(self.judged(pending or ()))
        if self.text == ALL:
            return f"{ALL} {number}"
        return f"{self.text} ({number or 'none'} of {len(self.every)})"


def default_scope(environment: Environment) -> str:
    """Return what a gate judges unless asked otherwise: where a release is to go, what it would run there."""
    return PENDING if environment.is_guarded else ALL


def scope_of(config: Config, environment: Environment, asked: str | None) -> RevisionScope | None:
    """Return the scope; None for a project without a history that can be read, which whoever walks it says.

    Raises UsageError for a range that means nothing, ConfigError where one is asked for and there is no history.
    """
    try:
        history = project_history(config)
    except ConfigError:
        if asked is not None:
            raise
        return None
    project, text = config.project, (asked or "").strip()
    first = (project.first_revision,) if project.baseline and project.first_revision else ()
    before = ancestors(history, first) - {*first}
    every = tuple(each for each in history.revisions if each.id not in before)
    default = default_scope(environment)
    if asked is None:
        text = default
    return RevisionScope(text, default, history, every, _chosen(history, every, text))


def _chosen(history: History, every: tuple[Revision, ...], text: str) -> frozenset[str] | None:
    if text == PENDING:
        return None
    try:
        ids = frozenset(each.id for each in select_revisions(history, text))
    except UsageError as err:
        raise UsageError(f"{OPTION}: {err}") from None
    chosen = ids & {each.id for each in every}
    if not chosen and (every or text != ALL):
        why = "holds only revisions that the baseline stands for" if ids else "holds no revision"
        raise UsageError(f"{OPTION}: {text!r} {why} (pending, all, last:N, A:B, ID)")
    return chosen
