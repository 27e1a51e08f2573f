"""Order the process that runs revisions, and take down what becomes of each."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, field

from pytest_dbops.config.model import Config
from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.deploy.outcome import DeployedRevision, Fate, Limits
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.history import Revision
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.operations.build_orders import url_variables
from pytest_dbops.operations.child import Progress, Said, hearing, run_child, schemes_of

_CHILD = "pytest_dbops.operations.deploying.deploy_child"
_WHO = "the process that deploys"


@frozen
class RunOrder:
    """What is to run, in this order; see `migrating.deploying.run.DeployOrder`.

    called: what the database is, for code that connects to another one; empty for a scratch database.
    """

    planned: Sequence[Revision]
    is_downgrade: bool = False
    actor: str = ""
    reason: str = ""
    overridden: Sequence[str] = ()
    again: Sequence[str] = ()
    about: str = ""
    first: str = ""
    called: str = ""
    limits: Limits = field(default_factory=Limits)
    deploy: str = field(default_factory=lambda: secrets.token_hex(6))


@frozen
class Ran:
    """What became of every planned revision, and what ended it before its end: None when nothing did."""

    revisions: tuple[DeployedRevision, ...]
    problem: DbopsError | None


def run_revisions(config: Config, order: RunOrder, url: str, *, progress: Progress) -> Ran:
    """Run revisions on the database behind the plain `url`, in a process that can reach no other.

    The URL travels on standard input. Our own death ends the process, and with it what it had begun.
    """
    variables, hear = url_variables(config), hearing(progress)
    request = {
        "root": str(config.root), "migrations": config.project.migrations, "url": url, "variables": variables,
        "written": schemes_of(variables), "planned": [each.id for each in order.planned],
        "is_downgrade": order.is_downgrade, "deploy": order.deploy, "actor": order.actor, "reason": order.reason,
        "overridden": list(order.overridden), "again": list(order.again), "about": order.about,
        "called": order.called, "first": order.first, "limits": asdict(order.limits),
    }  # fmt: skip
    said: dict[str, Said] = {}

    def take(line: Said) -> None:
        if "fate" in line:
            said[str(line["revision"])] = line
        hear(line)

    ended = run_child(_CHILD, request, cwd=config.root, without=variables, hear=take)
    problem: DbopsError | None = None
    try:
        ended.done(SecretMask(secrets_of_url(url)), _WHO)
    except DbopsError as err:
        problem = err
    return Ran(tuple(_revision(each, said.get(each.id)) for each in order.planned), problem)


def _revision(revision: Revision, said: Said | None) -> DeployedRevision:
    if said is None:
        return DeployedRevision(revision.id, revision.title, Fate.NOT_RUN)
    return DeployedRevision(
        revision.id, revision.title, Fate(said["fate"]), round(float(said["duration_s"]), 3), int(said["attempts"])
    )
