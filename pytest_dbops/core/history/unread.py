"""Revision files that a history does not hold, because alembic does not look where they lie."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen


@frozen
class UnreadFolder:
    """A folder below the scripts, relative to the project's, with the names of the revision files in it, sorted."""

    folder: str
    files: tuple[str, ...]


@frozen
class UnreadRevisions:
    """All such folders, sorted; settings: the file in which alembic is told where to look."""

    folders: tuple[UnreadFolder, ...] = ()
    settings: str = "alembic.ini"
