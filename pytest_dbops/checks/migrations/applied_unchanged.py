"""MIG011."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import check
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.deploy.applied_sources import AppliedSources


@check("MIG011", category="migrations", severity=Severity.ERROR)
def applied_unchanged(applied_sources: AppliedSources) -> Iterator[Finding]:
    """A revision was edited after it was applied.

    The database has what the old text did, a new database gets what the new one does, and nothing will ever bring the
    two together: alembic looks at the id alone. `dbops migrate deploy` keeps the source of each revision it applies;
    syntax trees are compared, so that comments, formatting and docstrings may change, and the files of SQL that a
    revision runs count. A revision that was applied in another way has no kept source and is not judged.

    Put the file back as it was, and write what is to change as a new revision.
    """
    if not applied_sources.has_journal:
        raise DoesNotApply("nothing was deployed here by dbops migrate deploy, so no source was kept")
    if not applied_sources.kept:
        raise DoesNotApply("all that is applied was applied in another way, so no source was kept")
    for changed in applied_sources.changed:
        yield Finding(
            changed.revision,
            f"revision {changed.revision} ({changed.file}:{changed.line}) does something else than what"
            f" {changed.deployed_by} deployed at {changed.deployed_at}",
            hint="put the file back, and write what is to change as a new revision",
        )
