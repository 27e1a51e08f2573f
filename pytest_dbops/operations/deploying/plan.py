"""What a deploy or a rollback is going to do, and all that stands in its way; reads the target, writes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import field, replace
from datetime import datetime

from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import use_environment
from pytest_dbops.core.deploy.journal import Entry, kept
from pytest_dbops.core.deploy.order import out_of_order
from pytest_dbops.core.deploy.outcome import Limits
from pytest_dbops.core.deploy.preconditions import Refusal, RefusalName, in_force
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import Blocked, ConfigError, PolicyRefused, UsageError, WrongTarget
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.history import Downgrade, History, Revision, Standing, ancestors, standing
from pytest_dbops.core.session import Identity
from pytest_dbops.migrating.history import history_of
from pytest_dbops.migrating.version_table import find_version_table
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.deploying.journal import changed_revisions, read_journal
from pytest_dbops.operations.environments import open_environment
from pytest_dbops.operations.migrations.applied import read_applied
from pytest_dbops.operations.migrations.project import project_scripts


@frozen
class DeployRequest:
    """What is asked for.

    to: a revision, a label, `heads`; empty for the head. forced: names of refusals to override, for `reason`.
    again: revisions in doubt that may run on what they left. actor: who asks, as the journal will name them.
    is_dry: nothing will be written, so that the policy's refusals are told and not raised.
    """

    environment: str | None
    now: datetime
    actor: str
    to: str = ""
    forced: Sequence[str] = ()
    reason: str = ""
    again: Sequence[str] = ()
    limits: Limits = field(default_factory=Limits)
    is_dry: bool = False


@frozen
class Plan:
    """What is going to run, in this order, on which database.

    applied: rows of the version table. refusals: what the policy would have against it (of a dry run).
    version_table: with its schema.
    """

    environment: Environment
    host: str
    database: str
    history: History
    applied: tuple[str, ...]
    planned: tuple[Revision, ...]
    overridden: tuple[Refusal, ...] = ()
    is_downgrade: bool = False
    version_table: str = ""
    refusals: tuple[Refusal, ...] = ()

    @property
    def about(self) -> str:
        """The plan as the journal keeps it."""
        what = "take_back" if self.is_downgrade else "apply"
        return json.dumps({"from": list(self.applied), what: [each.id for each in self.planned]})


def usable_environment(config: Config, name: str | None) -> Environment:
    """Return an environment that can be deployed to: one with a URL of its own."""
    environment = use_environment(config, name)
    if environment.url is None:
        raise UsageError(
            f"environment {environment.name!r} is embedded: it is built from the migrations whenever they change"
            " (give it a url to deploy to it, or run: dbops migrate reset)"
        )
    return environment


def make_plan(
    config: Config, request: DeployRequest, environment: Environment,
    choose: Callable[[History, tuple[str, ...]], tuple[Revision, ...]], *,
    refusals: Sequence[Refusal], progress: Progress, is_downgrade: bool = False,
) -> Plan:  # fmt: skip
    """Read where the database stands, choose what runs, and refuse what must not.

    Raises Blocked for what nobody can override, PolicyRefused for what `--force` can.
    """
    forced_names(request)
    scripts = project_scripts(config)
    table = find_version_table(scripts)
    history = history_of(scripts, root=config.root)
    refuse_broken(history)
    with open_environment(config, environment.name, progress=progress) as (_, _, session):
        refuse_unfit(session.identity, environment)
        found = read_applied(session, table)
        entries = read_journal(session)
        identity = session.identity
        session.verify()
    place = standing(history, found.rows)
    _refuse_unclear(place, entries)
    planned = choose(history, place.applied)
    _refuse_edited(entries, history, place)
    if planned:
        _refuse_unrunnable(planned, is_downgrade=is_downgrade)
        if not is_downgrade:
            refusals = (*refusals, *_order_refusals(history, place, planned, environment))
    plan = Plan(
        environment, identity.host, identity.database, history, place.applied, planned, is_downgrade=is_downgrade,
        version_table=found.table or table.shown,
    )  # fmt: skip
    return refuse(plan, refusals, request) if planned else plan


def forced_names(request: DeployRequest) -> None:
    """Raise UsageError for a name that is no refusal, and for an override without a reason."""
    known = [name.value for name in RefusalName]
    for name in request.forced:
        if name not in known:
            raise UsageError(f"--force {name!r} is no refusal of a policy (one of {', '.join(known)})")
    if request.forced and not request.reason.strip():
        raise UsageError("--force needs a reason, which the journal keeps (--reason 'why it has to be')")


def refuse(plan: Plan, refusals: Sequence[Refusal], request: DeployRequest) -> Plan:
    """Return the plan with what is overridden; raises PolicyRefused with the first refusal that is not."""
    standing_ones, overridden = in_force(refusals, request.forced)
    if standing_ones and not request.is_dry:
        names = " ".join(each.name.value for each in standing_ones)
        more = f" (and {len(standing_ones) - 1} more)" if len(standing_ones) > 1 else ""
        raise PolicyRefused(f"{standing_ones[0].message}{more} (or override it: --force {names} --reason TEXT)")
    return replace(
        plan, overridden=(*plan.overridden, *overridden), refusals=(*plan.refusals, *standing_ones)
    )  # fmt: skip


def refuse_broken(history: History) -> None:
    """Raise Blocked with the first problem for which alembic itself would refuse the history."""
    if history.breaking:
        more = len(history.breaking) - 1
        raise Blocked(f"{history.breaking[0]}" + (f" (and {more} more: dbops migrate history)" if more else ""))


def refuse_unfit(identity: Identity, environment: Environment, *, what: str = "deploy") -> None:
    """Raise WrongTarget or Blocked for a database that nothing can be done to through the url that led there."""
    if identity.marker is not None and identity.marker != environment.name:
        raise WrongTarget(f"the database says of itself that it is {identity.marker!r}, not {environment.name!r}")
    if identity.is_pooled:
        raise Blocked(f"a pooler stands between; its sessions hold no lock for a whole {what} (give a direct url)")
    if identity.in_recovery:
        raise Blocked(f"{identity.host} is a standby, which cannot be written to (give the url of the primary)")


def _refuse_unclear(place: Standing, entries: Sequence[Entry]) -> None:
    for row in place.unknown:
        known = kept(entries, place.unknown).get(row)
        if known is not None:
            raise Blocked(
                f"the database is ahead of the code: {row} was deployed at {known.at} by {known.actor}, and no file"
                " has it (deploy the code that has it)"
            )
        raise Blocked(
            f"the version table holds {row!r}, which is no revision of the code: the database is ahead of it, or was"
            " migrated from another branch (deploy the code that has it, or bring its file back)"
        )
    if place.overlapping:
        raise Blocked(
            f"the version table holds {place.overlapping[0]!r}, which another of its rows implies; alembic refuses to"
            " upgrade from both (delete the row of the older one)"
        )


def _refuse_edited(entries: Sequence[Entry], history: History, place: Standing) -> None:
    done = ancestors(history, place.applied)
    for name, entry in changed_revisions(entries, history.revisions, done).items():
        file = next(each.file for each in history.revisions if each.id == name)
        raise Blocked(
            f"revision {name} does something else now than when it was applied ({entry.at}, by {entry.actor}): {file}"
            " was edited (put it back, and write what is to change as a new revision)"
        )


def _refuse_unrunnable(planned: Sequence[Revision], *, is_downgrade: bool) -> None:
    for revision in planned:
        where = f"revision {revision.id} ({revision.file})"
        if not is_downgrade and not revision.upgrade_line:
            raise Blocked(f"{where} has no function upgrade() (write it)")
        if is_downgrade and revision.downgrade in (Downgrade.RAISES, Downgrade.MISSING, Downgrade.EMPTY):
            why = revision.irreversible_reason or f"its downgrade {_WHAT_IT_DOES[revision.downgrade]}"
            raise Blocked(f"{where} cannot be taken back: {why}")


_WHAT_IT_DOES = {Downgrade.RAISES: "only raises", Downgrade.MISSING: "is missing", Downgrade.EMPTY: "does nothing"}


def _order_refusals(
    history: History, place: Standing, planned: Sequence[Revision], environment: Environment
) -> tuple[Refusal, ...]:
    if not environment.is_guarded:
        return ()
    late, other = out_of_order(history, place.applied, planned)
    if not late:
        return ()
    text = f"revision {late} is out of order: {other} is applied, and does not come before it (rebase it on the head)"
    return (Refusal(RefusalName.OUT_OF_ORDER, text),)


def require_migrations(config: Config) -> None:
    """Raise ConfigError for a project without migrations."""
    if not config.project.migrations:
        raise ConfigError('no migrations are configured (add to [project]: migrations = "migrations")')
