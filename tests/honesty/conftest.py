"""One database that holds the bad cases of all checks at once, and the roles it is judged as."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from pytest_dbops.backends import backend_for
from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.check import Check
from pytest_dbops.core.environment import DEFAULT_POLICIES, Environment, Kind
from pytest_dbops.core.outcome import CheckResult
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.secret import Secret
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.operations.inputs import Inputs
from pytest_dbops.operations.runner import RunRules, run_check
from pytest_dbops.operations.shared import SharedPieces
from pytest_dbops.provisioning import scratch_server
from pytest_dbops.provisioning.databases import create_database, create_role, new_name
from tests.cases.case_files import FAILS, Case, cases
from tests.checks.counting import kept
from tests.fix_postgres import BINDIRS, OWNER, PsycopgAdmin
from tests.fix_settled import wait_until_counted

CATEGORIES = ("connectivity", "schema", "integrity", "performance", "storage")
ASKED_ALONE = ("environment", "catalog", "session", "statistics", "settings", "clock", "history")
THRESHOLDS: Mapping[str, Mapping[str, int]] = {
    "PRF003": {"scans_per_hour": 0, "fewest_rows": 100},
    "STO004": {"warn_bytes": 1 << 20, "fail_bytes": 4 << 20},
    "STO005": {"least_bytes": 1 << 19},
    "STO006": {"warn_times": 0, "fail_times": 100_000},
}
Judge = Callable[[str], Mapping[str, CheckResult]]


def everything(server: ScratchServer, name: str) -> None:
    """Make the bad cases of all checks, each in a schema of its own; what two of them would both make is made once."""
    found = cases(("SCH", "INT", "PRF", "STO"), "bad", "postgresql")
    understood = [case for case in found if case.since <= server.major]
    with closing(psycopg.connect(server.url(name), autocommit=True)) as admin:
        for case in understood:
            names = sql.Identifier(_schema(case)), sql.Identifier(OWNER)
            admin.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(*names))
        for case in understood:
            _make(server, name, case)
        for extension in ("amcheck", "pgstattuple", "pg_visibility"):
            with suppress(psycopg.Error):
                admin.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension)))
        for statement in TABLE_OF_MANY_ROWS:
            admin.execute(statement.encode())


TABLE_OF_MANY_ROWS = (
    "CREATE TABLE public.big (id integer PRIMARY KEY)",
    "INSERT INTO public.big SELECT n FROM generate_series(1, 60000) AS n",
    "DELETE FROM public.big WHERE id % 20 <> 0",
    "VACUUM (ANALYZE) public.big",
)


def _make(server: ScratchServer, name: str, case: Case) -> None:
    url = server.url(name) if case.head.get("role") == "superuser" else server.url(name, role=OWNER)
    options = f"-c search_path={_schema(case)},public"
    with closing(psycopg.connect(url, autocommit=True, options=options)) as connection:
        for statement in case.statements:
            if not statement.startswith(FAILS):
                with suppress(psycopg.Error):
                    connection.execute(statement.encode())


def _schema(case: Case) -> str:
    return f"{case.code.lower()}_{case.file.name.split('.')[0]}"


@pytest.fixture(scope="module")
def broken_url(postgres_majors: tuple[int, ...]) -> Iterator[Callable[[str | None], str]]:
    """A function that returns the URL of the database for a role; None for the superuser.

    On a server of its own: tablespaces, roles and settings are of all its databases, and the roles are asked one after
    another.
    """
    if not postgres_majors:
        pytest.skip("no PostgreSQL server binaries on this machine")
    with (
        scratch_server(ServerRequest(major=max(postgres_majors), bindirs=BINDIRS)) as server,
        closing(PsycopgAdmin(server.admin_url)) as admin,
    ):
        name = new_name(server)
        create_role(server, admin, OWNER)
        create_database(server, admin, name, owner=OWNER)
        everything(server, name)
        with closing(PsycopgAdmin(server.url(name))) as inside:
            roles = {"monitor": f"{name}_monitor", "powerless": f"{name}_powerless"}
            for statement in backend_for("postgresql").grant_statements(
                environment_of(server.url(name)), roles["monitor"]
            ):
                inside.execute(statement)
            inside.execute(f"CREATE ROLE {roles['powerless']} LOGIN")
        wait_until_counted(server.url(name))
        yield lambda role: server.url(name, role=roles[role]) if role else server.url(name)


@pytest.fixture(scope="module")
def reports(broken_url: Callable[[str | None], str]) -> Mapping[str, Mapping[str, CheckResult]]:
    """The results of all checks by code, for each role."""
    return {role or "superuser": _judged(broken_url(role)) for role in (None, "monitor", "powerless")}


def _judged(url: str) -> Mapping[str, CheckResult]:
    environment = environment_of(url)
    now = datetime.now(UTC)
    inputs = Inputs(environment, url=lambda: url, clock=now, pieces=SharedPieces(None))
    rules = RunRules(environment=environment, root=Path("/"), today=now.date())
    try:
        inputs._made["history"] = kept(inputs.get("statistics"))
        return {check.code: run_check(check, inputs, rules) for check in _checks()}
    finally:
        assert not inputs.close()


def _checks() -> list[Check]:
    return [
        replace(check, settings={**check.settings, **THRESHOLDS.get(check.code, {})})
        for check in builtin_checks()
        if check.category in CATEGORIES and set(check.inputs) <= set(ASKED_ALONE)
    ]


def environment_of(url: str) -> Environment:
    return Environment(
        name="production", kind=Kind.PRODUCTION, dialect="postgresql", url=Secret(url),
        url_reference="env:DATABASE_URL", policy=DEFAULT_POLICIES[Kind.PRODUCTION],
    )  # fmt: skip
