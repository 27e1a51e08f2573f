"""Seed an environment's database, take its seeds away, judge its seeders, or say what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import find_environment, use_environment
from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import Blocked, ConfigError, DbopsError, UsageError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.core.seed_request import SeedRequest
from pytest_dbops.core.seeded import SeederResult
from pytest_dbops.operations.build_orders import url_variables
from pytest_dbops.operations.child import Progress, Said, hearing, run_child, schemes_of
from pytest_dbops.operations.deploying.plain_url import plain_url
from pytest_dbops.operations.embedded import drop_embedded, embedded_url
from pytest_dbops.operations.environments import open_environment
from pytest_dbops.operations.runs import Run
from pytest_dbops.operations.seeding.policy import refuse_by_policy, refuse_removing, refuse_unmarked

_CHILD = "pytest_dbops.operations.seeding.seed_child"
_WHO = "the process that seeds"
_NOWHERE = "sqlite://"


class Action(StrEnum):
    """What the seeding process is asked to do."""

    FILL = "fill"
    CLEAN = "clean"
    RENEW = "renew"
    PLAN = "plan"
    VALIDATE = "validate"
    STATUS = "status"
    LIST = "list"


@frozen
class Seeded:
    """What became of the seeders that were asked for; problem: what ended it before its end, None when nothing did."""

    environment: str
    request: SeedRequest
    results: tuple[SeederResult, ...]
    problem: DbopsError | None


def seed_environment(
    config: Config, name: str | None, request: SeedRequest, *, progress: Progress, action: Action = Action.FILL,
    will_mark: bool = False, needs_seeders: bool = True,
) -> Seeded:  # fmt: skip
    """Fill, clean, or clean and fill; raises PolicyRefused where the policy forbids it, before anything is written.

    needs_seeders: whether a project without any is refused; else its database is only opened, or made if embedded.
    """
    environment = _usable(config, name, needs_seeders=needs_seeders)
    request.scale, request.wanted  # noqa: B018 - an unknown size is refused before anything is opened
    if action is not Action.FILL:
        refuse_removing(environment)
    results: list[SeederResult] = []

    def take(said: Said) -> None:
        if "seeded" in said:
            results.append(SeederResult(**said["seeded"]))

    problem: DbopsError | None = None
    with _opened(config, environment, progress, will_mark=will_mark) as url:
        try:
            if config.project.seeders:
                _ask(config, environment, action, request, url, progress, take, will_mark=will_mark)
        except DbopsError as err:
            problem = err
    for result in results:
        logger_of("seeding").info("%s: seeder %s made %s rows", environment.name, result.name, result.rows)
    return Seeded(environment.name, request, tuple(results), problem)


def ask_environment(
    config: Config, name: str | None, request: SeedRequest, action: Action, *, progress: Progress
) -> Mapping[str, Any]:
    """Return what the seeding process finds without writing a row: a plan, a judgement, or the ledger."""
    environment = _usable(config, name)
    request.scale, request.wanted  # noqa: B018
    with _opened(config, environment, progress, will_mark=True) as url:
        return _ask(config, environment, action, request, url, progress, lambda said: None)


def list_seeders(config: Config, *, progress: Progress) -> Sequence[Mapping[str, Any]]:
    """Return the project's seeders, those that others need first; connects nowhere."""
    _require_seeders(config)
    told = _ask(config, None, Action.LIST, SeedRequest(), _NOWHERE, progress, lambda said: None)
    seeders: Sequence[Mapping[str, Any]] = told["seeders"]
    return seeders


class _opened:
    """The URL of an environment's database, as long as it is needed: checked, and built first if it is embedded."""

    def __init__(self, config: Config, environment: Environment, progress: Progress, *, will_mark: bool) -> None:
        self._config, self._environment, self._progress = config, environment, progress
        self._will_mark = will_mark
        self._run = Run(None)

    def __enter__(self) -> str:
        environment = self._environment
        try:
            if environment.url is None:
                return embedded_url(self._config, environment, self._run, progress=self._progress)
            with open_environment(self._config, environment.name, progress=self._progress) as (_, _, session):
                refuse_unmarked(environment, session.identity, will_mark=self._will_mark)
                if session.identity.in_recovery:
                    raise Blocked(f"{session.identity.host} is a standby, which cannot be written to")
            return plain_url(environment.url.reveal())
        except BaseException:
            self._end()
            raise

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        self._run.end(lambda owned: drop_embedded(owned, self._config))


def _usable(config: Config, name: str | None, *, needs_seeders: bool = True) -> Environment:
    refuse_by_policy(find_environment(config, name))
    environment = use_environment(config, name)
    if needs_seeders or config.project.seeders:
        _require_seeders(config)
    if environment.is_embedded and environment.dialect == "postgresql":
        raise UsageError(
            f"environment {environment.name!r} is an embedded PostgreSQL, made and filled for each run and gone with"
            " it (give it a url to seed it by hand)"
        )
    if environment.policy.seeding.role and environment.dialect != "postgresql":
        raise ConfigError(
            f"[env.{environment.name}.seeding] role {environment.policy.seeding.role!r}: {environment.dialect} has no"
            " roles (leave it out)"
        )
    return environment


def _require_seeders(config: Config) -> None:
    if not config.project.seeders:
        raise ConfigError(
            'the project names no seeders (add to [project]: seeders = "seeds", and run: dbops init --seeds)'
        )
    if not config.project.metadata:
        raise ConfigError(
            'seeders need the tables they fill (add to [project]: metadata = "yourpackage.models:metadata")'
        )


def _ask(
    config: Config, environment: Environment | None, action: Action, request: SeedRequest, url: str,
    progress: Progress, take: Callable[[Said], None], *, will_mark: bool = False,
) -> Mapping[str, Any]:  # fmt: skip
    variables, hear = url_variables(config), hearing(progress)
    order = {
        "root": str(config.root), "url": url, "variables": variables, "written": schemes_of(variables),
        "metadata": config.project.metadata, "seeders": config.project.seeders, "action": action.value,
        "seeding": asdict(request), "mark": environment.name if environment is not None and will_mark else "",
        "role": environment.policy.seeding.role if environment is not None else "",
        "environment": environment.name if environment is not None else "",
    }  # fmt: skip

    def heard(said: Said) -> None:
        take(said)
        hear(said)

    ended = run_child(_CHILD, order, cwd=config.root, without=variables, hear=heard)
    return ended.done(SecretMask(secrets_of_url(url)), _WHO)
