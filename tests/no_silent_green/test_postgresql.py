"""No silent green on PostgreSQL: reachability, identity, privileges, hidden rows, time and death."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.fix_postgres import ScratchDatabase
from tests.fix_project import GateProject
from tests.fix_tcp_postgres import TcpPostgres, free_port
from tests.no_silent_green.test_sqlite import is_not_green

LeadTo = Callable[[str], None]
ASK_NO_DATABASE = {"STO009"}
"""Checks that look at files of the project alone, and know what they say whether a server answers or not."""


def passed(project: GateProject) -> set[str]:
    """Return the codes of the checks that passed in the last run."""
    return {code for code, outcome in project.outcomes().items() if outcome == "passed"}


def test_sound_database_passes(on_postgresql: GateProject) -> None:
    result = on_postgresql.run("--dbops-env=staging", "-k", "schema or checks")
    assert (result.ret, on_postgresql.verdict()) == (0, ("pass", "partial"))


def test_server_that_is_down(gate_project: GateProject, lead_to: LeadTo) -> None:
    lead_to(f"postgresql://app@127.0.0.1:{free_port()}/books")
    result = gate_project.run("--dbops-env=staging")
    assert is_not_green(gate_project, result, verdict="inconclusive")
    assert passed(gate_project) <= ASK_NO_DATABASE
    assert gate_project.report()["target"]["unopened"] == "never reached"


@pytest.mark.parametrize("args", [(), ("-n", "2"), ("-rA",)])
def test_server_that_is_down_is_told_once(gate_project: GateProject, lead_to: LeadTo, args: tuple[str, ...]) -> None:
    lead_to(f"postgresql://app@127.0.0.1:{free_port()}/books")
    result = gate_project.run_apart("--dbops-env=staging", "-p", "no:randomly", *args)
    summary = [line for line in result.outlines if line.startswith("INCONCLUSIVE dbops.toml::")]
    sections = [line for line in result.outlines if "ERROR at call of" in line]
    assert (len(summary), len(sections)) == (1, 1)
    result.stdout.fnmatch_lines([
        "*ERROR at call of * and [0-9]*[0-9] more*",
        "[0-9]*[0-9] checks could not be judged: cannot reach *connection refused*",
        "*= dbops gate =*", "INCONCLUSIVE dbops.toml::* and [0-9]*[0-9] more*", "*[0-9]*[0-9] errors in *",
    ])  # fmt: skip


def test_server_that_is_down_is_told_in_full_where_that_is_asked_for(
    gate_project: GateProject, lead_to: LeadTo
) -> None:
    lead_to(f"postgresql://app@127.0.0.1:{free_port()}/books")
    result = gate_project.run("--dbops-env=staging", "-vv", "dbops.toml::connectivity")
    sections = [line for line in result.outlines if "ERROR at call of" in line]
    unknown = [code for code, outcome in gate_project.outcomes().items() if outcome == "inconclusive"]
    assert len(sections) == len(unknown)
    assert set(gate_project.outcomes()) - set(unknown) == {"CON023"}, "it does not apply: there is no pooler to ask"


def test_wrong_password(gate_project: GateProject, lead_to: LeadTo, tcp_postgres: TcpPostgres) -> None:
    lead_to(tcp_postgres.url(password="wrong-sesame"))
    result = gate_project.run("--dbops-env=staging")
    assert is_not_green(gate_project, result, verdict="inconclusive")
    result.stdout.no_fnmatch_line("*sesame*")
    result.stdout.no_fnmatch_line("*never reached*")
    assert gate_project.report()["target"]["unopened"] == "login refused"


def test_database_that_does_not_exist(gate_project: GateProject, lead_to: LeadTo, tcp_postgres: TcpPostgres) -> None:
    lead_to(tcp_postgres.url(database="nowhere"))
    result = gate_project.run("--dbops-env=staging")
    assert is_not_green(gate_project, result, verdict="inconclusive")


@pytest.mark.parametrize("declared", ['database = "books"', 'host = "db.example.com"', 'role = "gatekeeper"'])
def test_url_that_leads_elsewhere_than_declared(on_postgresql: GateProject, declared: str) -> None:
    on_postgresql.append("dbops.toml", f"[env.staging.expect]\n{declared}\n")
    result = on_postgresql.run("--dbops-env=staging")
    assert is_not_green(on_postgresql, result, verdict="inconclusive")
    assert passed(on_postgresql) <= ASK_NO_DATABASE
    assert on_postgresql.report()["target"]["unopened"] == "refused before reading"


def test_database_marked_as_another_environment(on_postgresql: GateProject, postgres_database: ScratchDatabase) -> None:
    with postgres_database.connect() as connection:
        connection.execute("CREATE SCHEMA dbops CREATE TABLE marker (environment text NOT NULL)")
        connection.execute("INSERT INTO dbops.marker VALUES ('production')")
    result = on_postgresql.run("--dbops-env=staging")
    assert is_not_green(on_postgresql, result, verdict="inconclusive")
    result.stdout.fnmatch_lines(["*'production'*"])


def test_table_the_role_may_not_read(on_postgresql: GateProject, postgres_database: ScratchDatabase) -> None:
    with psycopg.connect(postgres_database.superuser_url, autocommit=True) as admin:
        admin.execute("CREATE TABLE payroll (id bigint PRIMARY KEY)")
    on_postgresql.sql_check("payroll", "SELECT id FROM payroll WHERE id < 0")
    result = on_postgresql.run("--dbops-env=staging", "dbops.toml::checks")
    assert is_not_green(on_postgresql, result, verdict="inconclusive")
    result.stdout.fnmatch_lines(["*payroll*"])


def test_policy_that_hides_rows(on_postgresql: GateProject, postgres_database: ScratchDatabase) -> None:
    with postgres_database.connect() as connection:
        connection.execute("ALTER TABLE invoice ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    on_postgresql.sql_check("negative", "SELECT id FROM invoice WHERE id < 0")
    result = on_postgresql.run("--dbops-env=staging", "dbops.toml::checks")
    assert is_not_green(on_postgresql, result, verdict="inconclusive")
    result.stdout.fnmatch_lines(["*row-level security*"])


def test_statement_that_takes_too_long(on_postgresql: GateProject) -> None:
    on_postgresql.append("dbops.toml", "statement_timeout_s = 0.3\n")
    on_postgresql.sql_check("sleeper", "SELECT 1 AS id FROM pg_sleep(60)")
    on_postgresql.sql_check("after", "SELECT 1 AS id WHERE false", code="OWN002")
    result = on_postgresql.run("--dbops-env=staging", "dbops.toml::checks")
    assert is_not_green(on_postgresql, result, verdict="inconclusive")
    assert on_postgresql.outcomes() == {"OWN001": "inconclusive", "OWN002": "passed"}


def test_statement_that_is_no_sql(on_postgresql: GateProject) -> None:
    on_postgresql.sql_check("typo", "SELEKT 1")
    result = on_postgresql.run("--dbops-env=staging", "dbops.toml::checks")
    assert is_not_green(on_postgresql, result, verdict="inconclusive")


def test_second_statement(on_postgresql: GateProject) -> None:
    on_postgresql.sql_check("two", "SELECT 1 AS id WHERE false; SELECT 2 AS id WHERE false")
    result = on_postgresql.run("--dbops-env=staging", "dbops.toml::checks")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *two.sql: a second statement follows the semicolon in line 3;*"])


@pytest.mark.fault
def test_server_that_stops_in_the_middle(
    gate_project: GateProject, lead_to: LeadTo, doomed_postgres: TcpPostgres
) -> None:
    lead_to(doomed_postgres.url())
    postmaster = (doomed_postgres.folder / "postmaster.pid").read_text().splitlines()[0]
    gate_project.write(
        "checks/stops.py",
        "import os, select, signal\n"
        "from pytest_dbops import Severity, check\n"
        "@check('OWN001', severity=Severity.ERROR)\n"
        "def stops(session):\n"
        "    '''Stops the server, and returns once its backend has said that it ends.'''\n"
        "    session.query('SELECT 1')\n"
        f"    os.kill({postmaster}, signal.SIGQUIT)\n"
        "    select.select([session._connection.fileno()], [], [])\n"
        "    return ()\n",
    )
    gate_project.sql_check("after", "SELECT count(*) AS id FROM pg_class HAVING count(*) = 0", code="OWN002")
    result = gate_project.run("--dbops-env=staging", "dbops.toml::checks")
    assert is_not_green(gate_project, result, verdict="inconclusive")
    assert gate_project.outcomes()["OWN002"] == "inconclusive"


@pytest.mark.fault
def test_connection_that_is_killed(on_postgresql: GateProject, postgres_database: ScratchDatabase) -> None:
    on_postgresql.write(
        "checks/kills.py",
        "import psycopg\n"
        "from pytest_dbops import Severity, check\n"
        "@check('OWN001', severity=Severity.ERROR)\n"
        "def kills(session):\n"
        "    '''Kills the gate's own connection from outside.'''\n"
        "    mine = session.scalar('SELECT pg_backend_pid()')\n"
        f"    with psycopg.connect({postgres_database.superuser_url!r}, autocommit=True) as admin:\n"
        "        admin.execute('SELECT pg_terminate_backend(%s, 5000)', [mine])\n"
        "    return ()\n",
    )
    on_postgresql.sql_check("after", "SELECT 1 AS id WHERE false", code="OWN002")
    result = on_postgresql.run("--dbops-env=staging", "dbops.toml::checks")
    assert is_not_green(on_postgresql, result, verdict="inconclusive")
    assert on_postgresql.outcomes()["OWN002"] == "inconclusive"
    text = (on_postgresql.path / "dbops-reports/staging/gate.txt").read_text(encoding="utf-8")
    assert text.count("the connection was lost") == 1
    assert "probably means" not in text


def test_check_that_leaves_the_read_only_transaction(on_postgresql: GateProject) -> None:
    on_postgresql.write(
        "checks/leaves.py",
        "from pytest_dbops import Severity, check\n"
        "@check('OWN001', severity=Severity.ERROR)\n"
        "def leaves(session):\n"
        "    '''Ends the transaction behind the session's back.'''\n"
        "    session._connection.rollback()\n"
        "    return ()\n",
    )
    result = on_postgresql.run("--dbops-env=staging", "dbops.toml::checks")
    assert is_not_green(on_postgresql, result, verdict="inconclusive")
