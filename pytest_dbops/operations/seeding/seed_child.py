"""The process that runs a project's seeders on one database, and can reach no other (see `confined.py`)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.seed_request import SeedRequest
from pytest_dbops.core.seeded import SeederResult
from pytest_dbops.core.seeder import Seeder
from pytest_dbops.migrating.urls import own_url
from pytest_dbops.operations.confined import Say, run_confined
from pytest_dbops.operations.project_metadata import load_metadata
from pytest_dbops.seeding.acting import act_as
from pytest_dbops.seeding.clean import clean_database
from pytest_dbops.seeding.find import load_seeders
from pytest_dbops.seeding.marking import mark
from pytest_dbops.seeding.run import seed_database
from pytest_dbops.seeding.standing import plan_of, standing_of
from pytest_dbops.seeding.validate import refuse_unfit, unfit_seeders

if TYPE_CHECKING:
    from sqlalchemy import Engine, MetaData


def main() -> int:
    """Do what is asked for on standard input; says each seeder as it ends."""
    return run_confined(work, "the database cannot be seeded")


@frozen
class _Project:
    engine: Engine
    metadata: MetaData
    seeders: Sequence[Seeder]
    request: SeedRequest
    say: Say

    def progress(self, text: str) -> None:
        self.say({"progress": text})

    def done(self, result: SeederResult) -> None:
        self.say({"seeded": asdict(result)})


def work(order: dict[str, Any], root: Path, say: Say) -> dict[str, object]:
    """Do one action."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    request = SeedRequest(**{**order["seeding"], "organizations": tuple(order["seeding"]["organizations"])})
    engine = create_engine(own_url(order["url"]), poolclass=NullPool)
    metadata = load_metadata(order["metadata"])
    project = _Project(engine, metadata, load_seeders(root / order["seeders"]), request, say)
    if order["mark"]:
        mark(engine, order["mark"])
    if order["role"]:
        act_as(engine, order["role"])
    return _ACTIONS[order["action"]](project)


def _fill(project: _Project) -> dict[str, object]:
    refuse_unfit(project.engine, project.metadata, project.seeders)
    seed_database(
        project.engine, project.metadata, project.seeders, project.request, progress=project.progress, done=project.done
    )  # fmt: skip
    _mark_columns(project)
    return {}


def _mark_columns(project: _Project) -> None:
    """Mark the encrypted columns, where the models can have any."""
    if "pytest_dbops.crypto.types" not in sys.modules:
        return
    from pytest_dbops.crypto.marks import mark_columns
    from pytest_dbops.crypto.models import encrypted_columns

    with project.engine.begin() as connection:
        mark_columns(connection, encrypted_columns(project.metadata))


def _clean(project: _Project) -> dict[str, object]:
    for result in clean_database(
        project.engine, project.metadata, project.seeders, project.request, progress=project.progress
    ):
        project.done(result)
    return {}


def _renew(project: _Project) -> dict[str, object]:
    refuse_unfit(project.engine, project.metadata, project.seeders)
    _clean(project)
    return _fill(project)


def _plan(project: _Project) -> dict[str, object]:
    refuse_unfit(project.engine, project.metadata, project.seeders)
    return {"plan": [asdict(each) for each in plan_of(project.engine, project.seeders, project.request)]}


def _validate(project: _Project) -> dict[str, object]:
    problems = list(unfit_seeders(project.engine, project.metadata, project.seeders))
    return {"problems": problems, "number": len(project.seeders)}


def _status(project: _Project) -> dict[str, object]:
    return {"seeders": [asdict(each) for each in standing_of(project.engine, project.seeders)]}


def _list(project: _Project) -> dict[str, object]:
    names = ("name", "tables", "depends_on", "version", "scope", "is_reference", "description")
    return {
        "seeders": [
            {**{name: getattr(each, name) for name in names}, "has_clean": each.clean is not None}
            for each in project.seeders
        ]
    }


_ACTIONS: dict[str, Callable[[_Project], dict[str, object]]] = {
    "fill": _fill,
    "clean": _clean,
    "renew": _renew,
    "plan": _plan,
    "validate": _validate,
    "status": _status,
    "list": _list,
}

if __name__ == "__main__":
    sys.exit(main())
