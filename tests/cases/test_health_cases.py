"""Checks of integrity, performance and storage on real databases, where a case can be made by SQL alone.

Golden lines have `#` for numbers: how big a table becomes, and how full, is the server's own business.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.check import Check
from pytest_dbops.core.outcome import CheckResult, Outcome
from tests.cases.asking import Question, ask
from tests.cases.case_files import Case, cases
from tests.cases.test_schema_cases import is_statement, run
from tests.fix_postgres import ScratchDatabase
from tests.fix_settled import wait_until_counted, wait_until_seen

PREFIXES = ("INT", "PRF", "STO")
CHECKS: dict[str, Check] = {check.code: check for check in builtin_checks() if check.code.startswith(PREFIXES)}
MAJORS = (14, 15, 16, 17, 18)
_NUMBERS = re.compile(r"\d+(?:\.\d+)?(?: (?:bytes|kB|MB|GB))?")


def each(kind: str, backend: str, *, but: str = "") -> pytest.MarkDecorator:
    found = [case for case in cases(PREFIXES, kind, backend) if not but or but not in case.head]
    return pytest.mark.parametrize("case", found, ids=[case.id for case in found])


every_major = pytest.mark.parametrize("postgres_server", MAJORS, indirect=True)
newest = pytest.mark.parametrize("postgres_server", MAJORS[-1:], indirect=True)


@every_major
@each("bad", "postgresql")
def test_bad_case_gives_its_golden_findings_on_postgresql(
    case: Case, postgres_database: ScratchDatabase, may_update_golden: bool
) -> None:
    compare(case, ask(question(case), built_on_postgresql(case, postgres_database)), may_update=may_update_golden)


@each("bad", "sqlite")
def test_bad_case_gives_its_golden_findings_on_sqlite(case: Case, tmp_path: Path, may_update_golden: bool) -> None:
    compare(case, ask(question(case), built_on_sqlite(case, tmp_path)), may_update=may_update_golden)


@every_major
@each("good", "postgresql")
def test_good_case_gives_no_finding_on_postgresql(case: Case, postgres_database: ScratchDatabase) -> None:
    assert lines(ask(question(case), built_on_postgresql(case, postgres_database))) == []


@each("good", "sqlite")
def test_good_case_gives_no_finding_on_sqlite(case: Case, tmp_path: Path) -> None:
    assert lines(ask(question(case), built_on_sqlite(case, tmp_path))) == []


@newest
@each("bad", "postgresql", but="hints")
def test_statement_of_a_hint_mends_its_finding_on_postgresql(case: Case, postgres_database: ScratchDatabase) -> None:
    url = built_on_postgresql(case, postgres_database)
    statements = [finding.hint for finding in ask(question(case), url).findings if is_statement(finding.hint)]
    wait_until_seen(postgres_database.superuser_url)
    with psycopg.connect(postgres_database.superuser_url, autocommit=True) as connection:
        run(statements, _executing(connection), psycopg.Error)
    wait_until_counted(postgres_database.superuser_url)
    left = ask(question(case), url).findings
    assert [finding.subject for finding in left if is_statement(finding.hint)] == []


@each("bad", "sqlite", but="hints")
def test_statement_of_a_hint_mends_its_finding_on_sqlite(case: Case, tmp_path: Path) -> None:
    url = built_on_sqlite(case, tmp_path)
    statements = [finding.hint for finding in ask(question(case), url).findings if is_statement(finding.hint)]
    with closing(sqlite3.connect(tmp_path / "case.db", isolation_level=None)) as connection:
        run(statements, connection.executescript, sqlite3.Error)
    left = ask(question(case), url).findings
    assert [finding.subject for finding in left if is_statement(finding.hint)] == []


def question(case: Case) -> Question:
    check = CHECKS[case.code]
    kind = case.head.get("environment", "staging" if check.kinds else "testing")
    return Question(check, case.backend, kind=kind, settings=case.settings)


def built_on_postgresql(case: Case, database: ScratchDatabase) -> str:
    if database.server.major < case.since:
        pytest.skip(f"the statements need PostgreSQL {case.since}")
    url = database.superuser_url if case.head.get("role") == "superuser" else database.url
    sessions = [[each] for each in case.statements] if case.head.get("sessions") == "each" else [case.statements]
    for statements in sessions:
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            run(statements, _executing(connection), psycopg.Error)
        wait_until_counted(database.superuser_url)
    # What only a member of pg_monitor sees, the owner of a database is told that it does not see.
    return database.superuser_url


def _executing(connection: psycopg.Connection) -> Callable[[str], object]:
    return lambda sql: connection.execute(sql.encode())


def built_on_sqlite(case: Case, folder: Path) -> str:
    file = folder / "case.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        run(case.statements, connection.execute, sqlite3.Error)
    file.chmod(0o600)
    folder.chmod(int(case.head.get("folder", "0700"), base=8))
    return f"sqlite:///{file}"


def compare(case: Case, result: CheckResult, *, may_update: bool) -> None:
    found = lines(result)
    if may_update:
        case.golden.write_text("".join(f"{line}\n" for line in found), encoding="utf-8")
    assert found == case.golden.read_text(encoding="utf-8").splitlines()
    assert found


def lines(result: CheckResult) -> list[str]:
    assert result.outcome not in (Outcome.INCONCLUSIVE, Outcome.SKIPPED), result.reason
    return sorted(
        f"{finding.subject} | {finding.severity.label if finding.severity else ''} | "
        f"{_NUMBERS.sub('#', finding.message)}"
        for finding in result.findings
    )
