"""What the policy of an environment wants before a deploy; each refusal has a name by which it can be overridden."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from pytest_dbops.core.environment import DeployNeed, Environment
from pytest_dbops.core.errors import NoProvider
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.providers import BackupCatalog, GateRecords

BACKUP_AGE = timedelta(hours=24)
"""A backup that is older is none that a deploy could be taken back with."""


class RefusalName(StrEnum):
    """What `--force` may name."""

    MAY_WRITE = "may_write"
    MAY_DESTROY = "may_destroy"
    VERIFIED_BACKUP = "verified_backup"
    FULL_GATE = "full_gate"
    OUT_OF_ORDER = "out_of_order"


@frozen
class Refusal:
    """One thing the policy has against what was asked, in one line."""

    name: RefusalName
    message: str


@frozen
class Providers:
    """Who answers what a policy wants to know; whoever is not there is no answer, and so a refusal."""

    backups: BackupCatalog | None = None
    gates: GateRecords | None = None


def write_refusals(environment: Environment) -> tuple[Refusal, ...]:
    """Return what forbids to write to an environment."""
    name = environment.name
    if environment.policy.may_write:
        return ()
    return (Refusal(RefusalName.MAY_WRITE, f"nothing may be written to {name!r} ([env.{name}] may_write = true)"),)


def destroy_refusals(environment: Environment) -> tuple[Refusal, ...]:
    """Return what forbids to lose data of an environment."""
    name = environment.name
    if environment.policy.may_destroy:
        return ()
    text = f"nothing may be dropped in {name!r} ([env.{name}] may_destroy = true)"
    return (Refusal(RefusalName.MAY_DESTROY, text),)


def need_refusals(environment: Environment, providers: Providers, *, now: datetime) -> tuple[Refusal, ...]:
    """Return the needs of an environment's policy that are not met; who is asked is in `providers`."""
    asked: Mapping[DeployNeed, tuple[RefusalName, Callable[[Providers, datetime], str]]] = {
        DeployNeed.VERIFIED_BACKUP: (RefusalName.VERIFIED_BACKUP, _backup_problem),
        DeployNeed.FULL_GATE: (RefusalName.FULL_GATE, _gate_problem),
    }
    found = []
    for need in sorted(environment.policy.deploy_needs):
        name, problem_of = asked[need]
        try:
            problem = problem_of(providers, now)
        except NoProvider as err:
            problem = str(err)
        if problem:
            found.append(Refusal(name, f"{environment.name!r} wants {_WANTED[need]} before a deploy: {problem}"))
    return tuple(found)


_WANTED = {DeployNeed.VERIFIED_BACKUP: "a verified backup", DeployNeed.FULL_GATE: "a passed full gate"}


def _backup_problem(providers: Providers, now: datetime) -> str:
    if providers.backups is None:
        raise NoProvider("no catalogue of backups is configured")
    verified = [each for each in providers.backups.backups() if each.verified_at is not None]
    if not verified:
        return "the catalogue has none that was verified"
    age = now - max(each.finished_at for each in verified)
    if age > BACKUP_AGE:
        return f"the newest is {_hours(age)} h old; {_hours(BACKUP_AGE)} h are allowed"
    return ""


def _gate_problem(providers: Providers, now: datetime) -> str:
    if providers.gates is None:
        raise NoProvider("no record of gates is configured")
    passed = providers.gates.last_full_pass()
    if passed is None:
        return "none has passed in full"
    if now - passed.at > BACKUP_AGE:
        return f"the last was {_hours(now - passed.at)} h ago; {_hours(BACKUP_AGE)} h are allowed"
    return ""


def _hours(span: timedelta) -> int:
    return int(span / timedelta(hours=1))


def in_force(refusals: Iterable[Refusal], forced: Iterable[str]) -> tuple[tuple[Refusal, ...], tuple[Refusal, ...]]:
    """Return the refusals that stand, and those that were overridden by name."""
    names, everything = frozenset(forced), tuple(refusals)
    return (
        tuple(each for each in everything if each.name not in names),
        tuple(each for each in everything if each.name in names),
    )
