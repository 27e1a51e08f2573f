"""The SQL of revisions that were not run, for people to read before a deploy does."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen


@frozen
class RevisionPreview:
    """The SQL of one revision; `problem` says why it is not there, or not all of it."""

    revision: str
    sql: str = ""
    problem: str = ""


@frozen
class Preview:
    """The SQL of what is pending, in the order of running; `problem`: why there is none at all."""

    revisions: tuple[RevisionPreview, ...] = ()
    problem: str = ""

    def of(self, revision: str) -> RevisionPreview:
        """Return the SQL of one revision, empty with the reason where there is none."""
        found = next((each for each in self.revisions if each.revision == revision), None)
        return found or RevisionPreview(revision, problem=self.problem)
