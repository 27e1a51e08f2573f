"""Folders that the tool and the project's runs fill: logs, reports, and what is kept between runs."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen


@frozen
class OwnFolder:
    """One folder with all that is below it; `folder` is as dbops.toml has it, `oldest_days` the age of its oldest file.

    unread: why a part of it could not be read; empty when all was.
    """

    what: str
    folder: str
    size_bytes: int
    files: int
    oldest_days: float
    unread: str = ""


@frozen
class OwnFolders:
    """The folders that exist."""

    folders: tuple[OwnFolder, ...] = ()
