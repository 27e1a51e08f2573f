"""Which databases may be seeded: never production, none that is not allowed to, none that does not say what it is."""

from __future__ import annotations

from pytest_dbops.core.environment import Environment, Kind
from pytest_dbops.core.errors import PolicyRefused, WrongTarget
from pytest_dbops.core.seed_request import SeedRequest
from pytest_dbops.core.session import Identity


def refuse_by_policy(environment: Environment) -> None:
    """Raise PolicyRefused, with the policy's name, for an environment that takes no seeds; connects nowhere."""
    name, policy = environment.name, environment.policy
    if environment.kind is Kind.PRODUCTION:
        raise PolicyRefused(f"policy 'production': {name!r} is a production environment; it is never seeded")
    if not policy.may_seed:
        raise PolicyRefused(f"policy 'may_seed': {name!r} takes no seeds ([env.{name}] may_seed = true)")
    if not policy.seeding.enabled:
        raise PolicyRefused(f"policy 'seeding.enabled': {name!r} takes no seeds ([env.{name}.seeding] enabled = true)")
    if not policy.may_write:
        raise PolicyRefused(f"policy 'may_write': nothing may be written to {name!r} ([env.{name}] may_write = true)")


def refuse_removing(environment: Environment) -> None:
    """Raise PolicyRefused for an environment whose rows may not be removed."""
    name = environment.name
    if not environment.policy.may_destroy:
        raise PolicyRefused(
            f"policy 'may_destroy': nothing may be removed from {name!r} ([env.{name}] may_destroy = true)"
        )


def refuse_unmarked(environment: Environment, identity: Identity, *, will_mark: bool) -> None:
    """Raise PolicyRefused for a database that does not say it is this environment, WrongTarget for one that says else.

    will_mark: whether it will be marked as this environment, as was asked for.
    """
    name = environment.name
    if environment.is_embedded:
        return
    if identity.marker is not None and identity.marker != name:
        raise WrongTarget(f"the database says of itself that it is {identity.marker!r}, not {name!r}")
    if identity.marker is None and not will_mark:
        raise PolicyRefused(
            f"policy 'marked': database {identity.database!r} does not say that it is {name!r}, so it may be another"
            " (if it is the right one: --mark)"
        )


def request_by_policy(environment: Environment, *, organizations: tuple[int, ...] = (), seed: int = 1) -> SeedRequest:
    """Return how much an environment's policy wants: `[env.NAME.seeding]`, demo data or the least there is."""
    seeding = environment.policy.seeding
    # What the tool builds itself is built at the least size, so that the first gate of a project does not wait.
    if environment.is_embedded or not seeding.demo:
        return SeedRequest("minimal", organizations, seed)
    return SeedRequest("demo", organizations, seed, customers=seeding.customers or None, count=seeding.organizations)
