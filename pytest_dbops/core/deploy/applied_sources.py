"""The applied revisions of a database, as they were deployed, held against the code."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen


@frozen
class ChangedRevision:
    """An applied revision whose file does something else now; file and line are those of the code."""

    revision: str
    file: str
    line: int
    deployed_at: str
    deployed_by: str


@frozen
class AppliedSources:
    """What the journal says of the applied revisions.

    has_journal: whether anything was ever deployed with it. kept: revisions whose source it has; unkept: those it does
    not have, which were applied in another way. changed: those of `kept` that differ.
    """

    has_journal: bool
    kept: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()
    changed: tuple[ChangedRevision, ...] = ()
