"""The whole trial of one scratch database: tables, views, routines, and every change that takes protection away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing

from pytest_dbops.backends.postgresql.connect import connect
from pytest_dbops.backends.postgresql.tenancy.attempts import attempts, seen_unnamed
from pytest_dbops.backends.postgresql.tenancy.case import Case, Reach, prepare_case
from pytest_dbops.backends.postgresql.tenancy.filling import filled
from pytest_dbops.backends.postgresql.tenancy.interference import Players, interference
from pytest_dbops.backends.postgresql.tenancy.mutants import run_mutants
from pytest_dbops.backends.postgresql.tenancy.stage import Rows, Stage, read_rows
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.tenancy import Isolation, Leak, Mutant, TenantScope, Unproved
from pytest_dbops.core.tenancy.isolation import PROTECTED_BY_POLICIES

_APPLICATION = "pytest-dbops tenants"
_CONNECT_S = 10


@frozen
class Trial:
    """What is tried: a database entered as superuser, its schema, and the role that plays the application's."""

    admin_url: str
    catalog: Catalog
    scope: TenantScope
    role: str


def try_isolation(trial: Trial, *, shown_role: str) -> Isolation:
    """Try everything and take all of it back; the database is left as it was.

    shown_role: what the record calls the role. Raises CannotJudge where the rows of fewer than two tenants are there,
    where nothing tells how a session names its tenant, or where the role is one that policies do not bind.
    """
    if not trial.scope.setting:
        raise CannotJudge('nothing tells how a session names its tenant (add to [tenancy]: setting = "app.org_id")')
    with closing(connect(trial.admin_url, timeout_s=_CONNECT_S, application=_APPLICATION)) as connection:
        connection.execute("BEGIN")
        stage = Stage(connection, trial.role, trial.scope.setting)
        _refuse_unbound(stage)
        held = [read_rows(stage, table) for table in trial.scope.tables]
        tenants = _two_tenants(held)
        trying = _Trying()
        for rows in held:  # first of all: no setting is absent any more once it has been set
            trying.told(seen_unnamed(stage, rows, None, "that has never named a tenant"))
        for rows in held:
            with filled(stage, rows, held, tenants) as enough:
                trying.table(stage, prepare_case(stage, enough, tenants))
        trying.told(interference(stage, trial.catalog, Players(held, *tenants)))
        connection.execute("ROLLBACK")
    return Isolation(
        by=PROTECTED_BY_POLICIES, role=shown_role, setting=trial.scope.setting, tenants=tenants,
        tried=tuple(sorted(trying.tried.items())), leaks=tuple(dict.fromkeys(trying.leaks)),
        unproved=tuple(dict.fromkeys(trying.unproved)), mutants=tuple(trying.mutants),
    )  # fmt: skip


class _Trying:
    """What is known so far."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.leaks: list[Leak] = []
        self.unproved: list[Unproved] = []
        self.mutants: list[Mutant] = []

    def told(self, things: Iterable[Leak | Unproved]) -> None:
        """Take what came of views and routines."""
        for each in things:
            (self.leaks if isinstance(each, Leak) else self.unproved).append(each)  # type: ignore[arg-type]  # mypy joins the lists

    def table(self, stage: Stage, case: Case | Unproved) -> None:
        """Try one table, then each change of its protection."""
        if isinstance(case, Unproved):
            self.unproved.append(case)
            return
        reached: list[Reach] = []
        for each in attempts(stage, case):
            self.tried[case.name] += 1
            if isinstance(each, Reach):
                reached.append(each)
            else:
                self.told([each])
        is_blind = case.own and Reach("SELECT", f"0 of {case.own}") in reached
        if is_blind:
            why = f"tenant {case.actor!r} sees none of its own rows: does {stage.setting!r} name the tenant?"
            self.unproved.append(Unproved(case.name, why))
        elif all(leak.subject != case.name for leak in self.leaks):  # else no change could be noticed
            self.mutants += run_mutants(stage, case, reached)


def _refuse_unbound(stage: Stage) -> None:
    found = stage.ask("SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = %s", (stage.role,))
    if not found.rows or found.rows[0][0]:
        raise CannotJudge(f"role {stage.role!r} cannot play the application's: policies do not bind it")


def _two_tenants(held: Sequence[Rows]) -> tuple[str, str]:
    counted = Counter(tenant for rows in held for tenant in rows.tenants)
    if len(counted) < 2:
        raise CannotJudge(
            f"the scratch database has rows of {len(counted)} tenants, two are needed (let the seeders fill"
            " organizations 1 and 2)"
        )
    first, second = sorted(sorted(counted), key=lambda tenant: -counted[tenant])[:2]
    return first, second
