"""Set up an environment from nothing: make its database, migrate, mark and seed it; or empty it and do it again."""

from __future__ import annotations

from pathlib import Path

from pytest_dbops.config.model import Config
from pytest_dbops.config.references import dialect_of
from pytest_dbops.config.resolve import find_environment, use_environment
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.seed_request import SeedRequest
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.deploying.deploy import apply_plan, plan_deploy
from pytest_dbops.operations.deploying.plain_url import plain_url
from pytest_dbops.operations.deploying.plan import DeployRequest
from pytest_dbops.operations.deploying.reset import reset_database
from pytest_dbops.operations.seeding.policy import refuse_by_policy, refuse_removing
from pytest_dbops.operations.seeding.seed import Seeded, seed_environment

_MAINTENANCE = "postgres"


@frozen
class SetUp:
    """What was done: whether the database was made, how many revisions were applied, and what was seeded.

    Of an embedded database neither is told: it is made and kept at the head by whatever uses it.
    """

    environment: str
    is_embedded: bool
    is_created: bool
    applied: int
    seeded: Seeded


def set_up(config: Config, deploy: DeployRequest, seeds: SeedRequest, *, progress: Progress) -> SetUp:
    """Make the database where there is none, bring it to the head, mark it as the environment's and seed it.

    A project without seeders is only migrated.
    Raises PolicyRefused before anything is made where the policy forbids seeds; what is there already is kept.
    """
    refuse_by_policy(find_environment(config, deploy.environment))
    environment = use_environment(config, deploy.environment)
    if environment.is_embedded:
        seeded = seed_environment(config, environment.name, seeds, progress=progress, needs_seeders=False)
        return SetUp(environment.name, is_embedded=True, is_created=False, applied=0, seeded=seeded)
    is_created = _create(environment, progress)
    done = apply_plan(config, deploy, plan_deploy(config, deploy, progress=progress), progress=progress)
    if done.problem is not None:
        raise done.problem
    seeded = seed_environment(
        config, environment.name, seeds, progress=progress, will_mark=True, needs_seeders=False
    )  # fmt: skip
    return SetUp(
        environment.name, is_embedded=False, is_created=is_created, applied=len(done.revisions), seeded=seeded
    )  # fmt: skip


def reset_and_seed(
    config: Config, deploy: DeployRequest, seeds: SeedRequest, *, progress: Progress
) -> Seeded:  # fmt: skip
    """Drop everything in an environment's database, apply all revisions and seed it; production never."""
    environment = find_environment(config, deploy.environment)
    refuse_by_policy(environment)
    refuse_removing(environment)
    done = reset_database(config, deploy, progress=progress)
    if done is not None and done.problem is not None:
        raise done.problem
    # The mark went with everything else; that this is the right database was settled before it was emptied.
    return seed_environment(config, environment.name, seeds, progress=progress, will_mark=True)


def _create(environment: Environment, progress: Progress) -> bool:
    """Make the database behind an environment's URL where there is none; returns whether it was made."""
    assert environment.url is not None
    url = plain_url(environment.url.reveal())
    if dialect_of(url) == "sqlite":
        file = Path(url.removeprefix("sqlite:///"))
        if file.exists():
            return False
        if not file.parent.is_dir():
            raise CannotJudge(f"the database cannot be made: folder {str(file.parent)!r} does not exist")
        progress("making the database")
        file.touch(mode=0o600)
        return True
    from pytest_dbops.backends.postgresql.making import create_missing_database

    return create_missing_database(url, maintenance=_MAINTENANCE)
