"""Every check of schemas, tenants and rights on real databases: what it must find, and what it must leave alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.check import Check
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.scratch import AdminConnection, ScratchServer
from pytest_dbops.provisioning.databases import create_database, drop_database, new_name
from tests.cases.asking import Question, ask, reversed_catalog
from tests.cases.case_files import CASES, FAILS, Case, cases
from tests.fix_postgres import OWNER, ScratchDatabase

PREFIXES = ("SCH", "TEN")
CHECKS: dict[str, Check] = {
    check.code: check
    for check in builtin_checks()
    if check.category == "schema" or (check.code.startswith(PREFIXES) and (CASES / check.code).is_dir())
}
MAJORS = (14, 15, 16, 17, 18)
DIALECTS = ("postgresql", "sqlite")


@pytest.fixture(scope="module")
def empty_databases(
    kept_admin: Callable[[ScratchServer], AdminConnection],
) -> Iterator[Callable[[ScratchServer], ScratchDatabase]]:
    """A function that returns the one empty database of a server: a check only reads, so all may be asked on it."""
    made: dict[str, ScratchDatabase] = {}

    def on(server: ScratchServer) -> ScratchDatabase:
        if server.key not in made:
            made[server.key] = ScratchDatabase(server, new_name(server))
            create_database(server, kept_admin(server), made[server.key].name, owner=OWNER)
        return made[server.key]

    yield on
    for each in made.values():
        drop_database(each.server, kept_admin(each.server), each.name)


@pytest.fixture
def empty_database(
    postgres_server: ScratchServer, empty_databases: Callable[[ScratchServer], ScratchDatabase]
) -> ScratchDatabase:
    return empty_databases(postgres_server)


newest = pytest.mark.parametrize("postgres_server", MAJORS[-1:], indirect=True)


def each(kind: str, backend: str, *, but: str = "") -> pytest.MarkDecorator:
    """Parametrise over cases of a kind, but for those whose head has the word `but`."""
    found = [case for case in cases(PREFIXES, kind, backend) if not but or but not in case.head]
    return pytest.mark.parametrize("case", found, ids=[case.id for case in found])


def majors_of(code: str) -> tuple[int, ...]:
    """Return the majors a check is asked on: those of schemas on every one, for which they word what they judge."""
    return MAJORS if code.startswith("SCH") else MAJORS[-1:]


def each_on_its_majors(kind: str) -> pytest.MarkDecorator:
    """Parametrise over cases of a kind on PostgreSQL, each on every major of its check."""
    pairs = [(major, case) for case in cases(PREFIXES, kind, "postgresql") for major in majors_of(case.code)]
    ids = [f"{case.id}-{major}" for major, case in pairs]
    return pytest.mark.parametrize(("postgres_server", "case"), pairs, ids=ids, indirect=["postgres_server"])


@each_on_its_majors("bad")
def test_bad_case_gives_its_golden_findings_on_postgresql(
    case: Case, postgres_database: ScratchDatabase, may_update_golden: bool
) -> None:
    url = built_on_postgresql(case, postgres_database)
    compare(case, ask(question(case), url), may_update_golden=may_update_golden)


@each("bad", "sqlite")
def test_bad_case_gives_its_golden_findings_on_sqlite(case: Case, tmp_path: Path, may_update_golden: bool) -> None:
    url = built_on_sqlite(case, tmp_path)
    compare(case, ask(question(case), url), may_update_golden=may_update_golden)


@each_on_its_majors("good")
def test_good_case_gives_no_finding_on_postgresql(case: Case, postgres_database: ScratchDatabase) -> None:
    url = built_on_postgresql(case, postgres_database)
    assert lines(ask(question(case), url)) == []


@each("good", "sqlite")
def test_good_case_gives_no_finding_on_sqlite(case: Case, tmp_path: Path) -> None:
    url = built_on_sqlite(case, tmp_path)
    assert lines(ask(question(case), url)) == []


@newest
@each("bad", "postgresql")
def test_order_of_objects_does_not_matter_on_postgresql(case: Case, postgres_database: ScratchDatabase) -> None:
    url = built_on_postgresql(case, postgres_database)
    assert lines(ask(question(case), url, change=reversed_catalog)) == golden_lines(case)


@each("bad", "sqlite")
def test_order_of_objects_does_not_matter_on_sqlite(case: Case, tmp_path: Path) -> None:
    url = built_on_sqlite(case, tmp_path)
    assert lines(ask(question(case), url, change=reversed_catalog)) == golden_lines(case)


@newest
@each("bad", "postgresql", but="hints")
def test_statement_of_a_hint_mends_its_finding_on_postgresql(case: Case, postgres_database: ScratchDatabase) -> None:
    url = built_on_postgresql(case, postgres_database)
    found = ask(question(case), url).findings
    statements = [finding.hint for finding in reversed(found) if is_statement(finding.hint)]
    with closing(psycopg.connect(postgres_database.superuser_url, autocommit=True)) as connection:
        run(statements, lambda sql: connection.execute(sql.encode()), psycopg.Error)
    left = ask(question(case), url).findings
    assert [finding.subject for finding in left if is_statement(finding.hint)] == []


@each("bad", "sqlite", but="hints")
def test_statement_of_a_hint_mends_its_finding_on_sqlite(case: Case, tmp_path: Path) -> None:
    url = built_on_sqlite(case, tmp_path)
    found = ask(question(case), url).findings
    statements = [finding.hint for finding in reversed(found) if is_statement(finding.hint)]
    with closing(sqlite3.connect(tmp_path / "case.db", isolation_level=None)) as connection:
        run(statements, connection.executescript, sqlite3.Error)
    left = ask(question(case), url).findings
    assert [finding.subject for finding in left if is_statement(finding.hint)] == []


@pytest.mark.parametrize(
    ("postgres_server", "code"),
    [(major, code) for code, check in CHECKS.items() if "postgresql" in check.backends for major in majors_of(code)],
    indirect=["postgres_server"],
)
def test_empty_postgresql_gives_no_finding(code: str, empty_database: ScratchDatabase) -> None:
    assert found_nothing(ask(Question(enabled(CHECKS[code]), "postgresql"), empty_database.url))


@pytest.mark.parametrize("code", [code for code, check in CHECKS.items() if "sqlite" in check.backends])
def test_empty_sqlite_gives_no_finding(code: str, tmp_path: Path) -> None:
    file = tmp_path / "empty.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM")
    assert found_nothing(ask(Question(enabled(CHECKS[code]), "sqlite"), f"sqlite:///{file}"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_check_has_a_bad_and_a_good_case_on_each_backend(dialect: str) -> None:
    claimed = {code for code, check in CHECKS.items() if dialect in check.backends}
    bad = {case.code for case in cases(PREFIXES, "bad", dialect)}
    good = {case.code for case in cases(PREFIXES, "good", dialect)}
    assert (claimed - bad, claimed - good) == (set(), set())


def question(case: Case) -> Question:
    return Question(
        CHECKS[case.code], case.backend, kind=case.head.get("environment", "testing"), settings=case.settings,
        config=case.config,
    )  # fmt: skip


def enabled(check: Check) -> Check:
    """Return the check as it is when an optional one is switched on."""
    return replace(check, settings={**check.settings, "enabled": True})


def built_on_postgresql(case: Case, database: ScratchDatabase) -> str:
    if database.server.major < case.since:
        pytest.skip(f"the statements need PostgreSQL {case.since}")
    url = database.superuser_url if case.head.get("role") == "superuser" else database.url
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        run(case.statements, lambda sql: connection.execute(sql.encode()), psycopg.Error)
    return url


def built_on_sqlite(case: Case, folder: Path) -> str:
    file = folder / "case.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        run(case.statements, connection.execute, sqlite3.Error)
    file.chmod(int(case.head.get("mode", "0600"), base=8))
    return f"sqlite:///{file}"


def run(statements: list[str], execute: Callable[[str], object], error: type[Exception]) -> None:
    for statement in statements:
        expected = (error,) if statement.startswith(FAILS) else ()
        with suppress(*expected):
            execute(statement)


def compare(case: Case, result: CheckResult, *, may_update_golden: bool) -> None:
    found = lines(result)
    if may_update_golden:
        case.golden.write_text("".join(f"{line}\n" for line in found), encoding="utf-8")
    assert found == golden_lines(case)
    assert found


def lines(result: CheckResult) -> list[str]:
    assert result.outcome is not Outcome.INCONCLUSIVE, result.reason
    assert result.outcome is not Outcome.SKIPPED, result.reason
    return sorted(
        f"{finding.subject} | {finding.severity.label if finding.severity else ''} | {finding.message}"
        for finding in result.findings
    )


def found_nothing(result: CheckResult) -> bool:
    """Tell whether a check says of an empty schema that all is well, or that there is nothing to judge."""
    return result.outcome in (Outcome.PASSED, Outcome.SKIPPED) and not result.findings


def golden_lines(case: Case) -> list[str]:
    return case.golden.read_text(encoding="utf-8").splitlines()


def is_statement(hint: str) -> bool:
    """Tell whether a hint can be run as it stands: others name a decision, or leave a place open."""
    return hint.endswith(";") and hint.split()[0].isupper() and "<" not in hint
