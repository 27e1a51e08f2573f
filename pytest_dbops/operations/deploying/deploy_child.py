"""The process that runs a project's revisions on one database, and can reach no other (see `confined.py`)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pytest_dbops.core.deploy.outcome import Fate, Limits
from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.deploying.run import DeployOrder, deploy_revisions
from pytest_dbops.migrating.urls import scheme_of
from pytest_dbops.migrating.walking.connection import CatalogReader
from pytest_dbops.operations.confined import Say, run_confined


def main() -> int:
    """Run what is asked for on standard input; says each revision as it ends."""
    return run_confined(deploy, "the migrations cannot be deployed")


def deploy(order: dict[str, Any], root: Path, say: Say) -> dict[str, object]:
    """Run the planned revisions."""
    asked = DeployOrder(
        location=root / order["migrations"],
        url=str(order["url"]),
        root=root,
        limits=Limits(**order["limits"]),
        **{name: order[name] for name in _AS_THEY_ARE},
    )
    deploy_revisions(asked, reader_for(asked.url), Saying(say))
    return {}


_AS_THEY_ARE = ("planned", "is_downgrade", "deploy", "actor", "reason", "overridden", "again", "about", "first")


@frozen
class Saying:
    """Says what happens, one object a line."""

    say: Say

    def progress(self, text: str) -> None:
        """Say what takes its time."""
        self.say({"progress": text})

    def done(self, revision: str, fate: Fate, duration_s: float, attempts: int) -> None:
        """Say how a revision ended."""
        self.say({"revision": revision, "fate": fate.value, "duration_s": duration_s, "attempts": attempts})


def reader_for(url: str) -> CatalogReader:
    """Return what reads the catalog of the product a URL leads to."""
    if scheme_of(url)[0] == "sqlite":
        from pytest_dbops.backends.sqlite.catalog import read_catalog as read_sqlite

        return read_sqlite
    from pytest_dbops.backends.postgresql import catalog

    return catalog.read_catalog


if __name__ == "__main__":
    sys.exit(main())
