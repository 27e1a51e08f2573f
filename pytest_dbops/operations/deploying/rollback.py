"""Take revisions back, and lose no data that nobody has accepted to lose.

What a downgrade empties is found out on a scratch database with made-up rows; how much that is, the target's own rows
tell. They are counted before the rollback, not within it: whoever writes meanwhile may lose more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_dbops.config.model import Config
from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.catalog import display_name, quote_identifier
from pytest_dbops.core.deploy.order import to_take_back
from pytest_dbops.core.deploy.preconditions import destroy_refusals, write_refusals
from pytest_dbops.core.errors import Blocked, CannotJudge
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.history import ancestors, in_order
from pytest_dbops.core.rehearsed import ColumnLoss, LossAccount, TableLoss
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.core.session import Session
from pytest_dbops.operations.build_orders import url_variables
from pytest_dbops.operations.child import Progress, hearing, run_child, schemes_of
from pytest_dbops.operations.deploying.plan import DeployRequest, Plan, make_plan, refuse, usable_environment
from pytest_dbops.operations.embedded import drop_embedded
from pytest_dbops.operations.environments import open_environment
from pytest_dbops.operations.rehearsal import scratch_database
from pytest_dbops.operations.runs import Run

_CHILD = "pytest_dbops.operations.deploying.loss_child"
_SHORTEST_HASH = 12
_TABLES_A_STATEMENT = 100


@frozen
class RollbackPlan:
    """A plan, what data it loses, and how that was found out; note: what could not be looked at, empty if nothing."""

    plan: Plan
    losses: LossAccount
    note: str = ""

    @property
    def hash(self) -> str:
        """By it the losses of this plan are accepted; other rows or other revisions give another one."""
        text = " ".join(each.id for each in self.plan.planned) + self.losses.digest
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def refuse_unaccepted(self, accepted: str) -> None:
        """Raise Blocked when data is lost that was not accepted by this hash."""
        if self.losses.is_empty or (len(accepted) >= _SHORTEST_HASH and self.hash.startswith(accepted)):
            return
        said = f"{accepted!r} accepts another loss than this" if accepted else "nobody has accepted that"
        more = len(self.losses.lines) - 1
        raise Blocked(
            f"the rollback loses data, and {said}: {self.losses.lines[0]}"
            + (f" (and {more} more)" if more else "")
            + f" (to lose it: --accept-loss {self.hash})"
        )


def plan_rollback(config: Config, request: DeployRequest, *, progress: Progress) -> RollbackPlan:
    """Return what a rollback would run and lose; raises what stands in its way, see `make_plan`."""
    environment = usable_environment(config, request.environment)
    plan = make_plan(
        config, request, environment, lambda history, applied: to_take_back(history, applied, request.to or "-1"),
        refusals=write_refusals(environment), progress=progress, is_downgrade=True,
    )  # fmt: skip
    if not plan.planned:
        return RollbackPlan(plan, LossAccount())
    emptied, note = _rehearsed(config, plan, progress)
    with open_environment(config, environment.name, progress=progress) as (_, _, session):
        losses = _counted(session, emptied)
        session.verify()
    if not losses.is_empty:
        plan = refuse(plan, destroy_refusals(environment), request)
    return RollbackPlan(plan, losses, note)


def _rehearsed(config: Config, plan: Plan, progress: Progress) -> tuple[list[Mapping[str, Any]], str]:
    """Return what the downgrade empties, and why made-up rows were not asked, if they were not."""
    run = Run(None)
    try:
        try:
            return _ask(config, plan, run, progress, fills=True), ""
        except (Blocked, CannotJudge) as err:
            found = _ask(config, plan, run, progress, fills=False)
            return found, f"only dropped tables and columns are counted: with made-up rows, {err}"
    finally:
        run.end(lambda owned: drop_embedded(owned, config))


def _ask(config: Config, plan: Plan, run: Run, progress: Progress, *, fills: bool) -> list[Mapping[str, Any]]:
    variables = url_variables(config)
    done = in_order(plan.history, ancestors(plan.history, plan.applied))
    with scratch_database(config, plan.environment, run, progress) as url:
        request = {
            "root": str(config.root), "migrations": config.project.migrations, "url": url, "variables": variables,
            "written": schemes_of(variables), "applied": [each.id for each in done],
            "planned": [each.id for each in plan.planned], "fills": fills,
        }  # fmt: skip
        ended = run_child(_CHILD, request, cwd=config.root, without=variables, hear=hearing(progress))
        answer = ended.done(SecretMask(secrets_of_url(url)), "the process that rehearses the rollback")
    found: list[Mapping[str, Any]] = answer["emptied"]
    return found


def _counted(session: Session, emptied: Sequence[Mapping[str, Any]]) -> LossAccount:
    """Return the account of the target's own rows: how many are in what is emptied."""
    names = list(dict.fromkeys((str(each["schema"]), str(each["table"])) for each in emptied))
    counts: dict[tuple[str, str], list[int]] = {}
    for start in range(0, len(names), _TABLES_A_STATEMENT):
        some = names[start : start + _TABLES_A_STATEMENT]
        for row in session.query(" UNION ALL ".join(_count(n, name, emptied) for n, name in enumerate(some))):
            counts[some[int(row["number"])]] = [int(each) for each in str(row["counts"]).split()]
    tables = [_charged(name, counts[name], _of(name, emptied)) for name in names]
    return LossAccount(tuple(table for table in tables if table.lost or table.columns))


def _count(number: int, name: tuple[str, str], emptied: Sequence[Mapping[str, Any]]) -> str:
    """Return a SELECT of the rows of a table, and of the values in each column that is emptied, as one text."""
    counts = [
        "count(*)",
        *(f"count({quote_identifier(each['column'])})" for each in _of(name, emptied) if each["column"]),
    ]
    told = " || ' ' || ".join(f"CAST({each} AS text)" for each in counts)
    place = f"{quote_identifier(name[0])}.{quote_identifier(name[1])}"
    return f"SELECT {number} AS number, {told} AS counts FROM {place}"  # noqa: S608  # names are quoted


def _charged(name: tuple[str, str], counts: Sequence[int], emptied: Sequence[Mapping[str, Any]]) -> TableLoss:
    rows, *values = counts
    whole = next((each for each in emptied if not each["column"]), None)
    columns = [each for each in emptied if each["column"]]
    return TableLoss(
        display_name(*name), rows, lost=rows if whole else 0, reason=_words(whole) if whole else "",
        columns=tuple(
            ColumnLoss(each["column"], number, number, _words(each))
            for each, number in zip(columns, values, strict=True)
            if number
        ),
    )  # fmt: skip


def _words(each: Mapping[str, Any]) -> str:
    return str(each["reason"]) if each["is_whole"] else f"{each['reason']}; at most"


def _of(name: tuple[str, str], emptied: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [each for each in emptied if (each["schema"], each["table"]) == name]
