"""Books balance at every size, and an organization's rows are the same alone, among others, and on both products."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import create_engine, pool, select, text

from accounting.models import metadata
from accounting.sealing import content_hash
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.seed_request import SeedRequest
from pytest_dbops.seeding.fingerprint import content_fingerprint
from tests.application.conftest import Home, Lend, on_psycopg
from tests.application.history import ROOT, seed, upgrade
from tests.application.test_own_checks import CHECKS, ON_ROWS, findings, rolled_back
from tests.application.test_seeds import WRITTEN_BY_TRIGGERS
from tests.fix_postgres import ScratchDatabase
from tests.fix_project import LEAN

DEMO = SeedRequest("demo")
TABLES = sorted(set(metadata.tables) - WRITTEN_BY_TRIGGERS)
GOLDEN = "9c85ed1aedcddc67f00cd7febb20b9895252c3d705ad56f35d9449536b92a55e"
"""The content of four organizations; it changes only where a seeder's `version` does."""

SMALL = "a58e05b7a13b880b54c27d81cfb45f7cfca36f61d1e5c201184efebe4b10b5f2"
"""The content of the small organization that tests are lent."""

MAJORS = (14, 15, 16, 17, 18)


@pytest.fixture(scope="module")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A SQLite file with four organizations."""
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}"
    upgrade(url)
    seed(url, DEMO)
    return Home("sqlite", url, url)


def fingerprint(home: Home) -> str:
    with create_engine(home.superuser_url, poolclass=pool.NullPool).connect() as connection:
        return content_fingerprint(connection, metadata, TABLES)


def broken_invariants(home: Home) -> list[str]:
    codes = [code for code in ON_ROWS if home.dialect in CHECKS[code].backends]
    with rolled_back(home) as connection:
        return [code for code in codes if findings(code, connection)]


def test_content_is_what_it_always_was(demo_file: Home) -> None:
    assert fingerprint(demo_file) == GOLDEN


def test_books_of_a_demonstration_balance_on_sqlite(demo_file: Home) -> None:
    assert broken_invariants(demo_file) == []


def test_demonstration_on_postgresql_balances_and_is_the_same_content(lend_postgres: Lend) -> None:
    with lend_postgres() as home:
        upgrade(home.url)
        seed(home.url, DEMO)
        assert (broken_invariants(home), fingerprint(home)) == ([], GOLDEN)


@pytest.mark.parametrize("postgres_server", MAJORS, indirect=True)
def test_content_is_the_same_on_every_major(
    postgres_server: ScratchServer, postgres_database: ScratchDatabase, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--faults") != "full":
        pytest.skip("takes seconds a major; the sample is the one above")
    home = Home("postgresql", on_psycopg(postgres_database.url), on_psycopg(postgres_database.superuser_url))
    upgrade(home.url)
    seed(home.url, DEMO)
    assert fingerprint(home) == GOLDEN


LENT = """
import pytest
from sqlalchemy import create_engine, pool
from accounting.models import metadata
from pytest_dbops.seeding.fingerprint import content_fingerprint

@pytest.mark.parametrize("number", range(4))
def test_content(dbops_database, number):
    with create_engine(dbops_database.sqlalchemy_url(), poolclass=pool.NullPool).connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET app.org_id = '1'")
        found = content_fingerprint(connection, metadata, {tables})
    with open("found", "a") as file:
        file.write(found + "\\n")
"""


@pytest.mark.parametrize("environment", ["testing", "development"])
def test_content_is_the_same_for_any_number_of_workers(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, environment: str
) -> None:
    pytest.importorskip("xdist")
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    pytester.makepyfile(test_it=LENT.replace("{tables}", repr(TABLES)))
    for workers in (1, 2, 4) if request.config.getoption("--faults") == "full" else (2,):
        options = (f"--dbops-env={environment}", f"--dbops-config={ROOT / 'dbops.toml'}", "--dbops-fresh")
        done = pytester.runpytest_subprocess(f"-n{workers}", *LEAN.split(), *options, "test_it.py", timeout=120)
        done.assert_outcomes(passed=4)
    assert {*(pytester.path / "found").read_text().split()} == {SMALL}


def test_organization_alone_has_the_rows_it_has_among_others(demo_file: Home, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'alone.db'}"
    upgrade(url)
    seed(url, SeedRequest("demo", organizations=(3,)))
    rows = []
    for each in (url, demo_file.url):
        with create_engine(each, poolclass=pool.NullPool).connect() as connection:
            rows.append(
                [
                    connection.execute(select(table).where(table.c.org_id == 3).order_by(*table.primary_key)).all()
                    for table in metadata.sorted_tables
                    if "org_id" in table.c and table.name in TABLES
                ]
            )
    assert rows[0] == rows[1]
    assert all(rows[0])


def test_counts_are_those_of_the_size(demo_file: Home) -> None:
    with create_engine(demo_file.url, poolclass=pool.NullPool).connect() as connection:
        counts = connection.execute(
            text(
                "SELECT (SELECT count(*) FROM customer WHERE org_id = o.id),"
                " (SELECT count(*) FROM invoice WHERE org_id = o.id) FROM organization o ORDER BY id"
            )
        ).all()
    assert [tuple(row) for row in counts] == [(20, 60)] * 4


def test_hash_worked_out_from_columns_is_the_one_of_the_application(demo_file: Home) -> None:
    invoice, line = metadata.tables["invoice"], metadata.tables["invoice_line"]
    with create_engine(demo_file.url, poolclass=pool.NullPool).connect() as connection:
        one = connection.execute(select(invoice).where(invoice.c.org_id == 2, invoice.c.id == 34)).mappings().one()
        lines = connection.execute(select(line).where(line.c.org_id == 2, line.c.invoice_id == 34)).mappings().all()
    assert (one["kind"], content_hash(one, lines)) == ("credit_note", one["content_hash"])


def test_seeds_say_which_tables_they_clean() -> None:
    from pytest_dbops.seeding.find import load_seeders

    assert [seeder.name for seeder in load_seeders(ROOT / "seeds") if seeder.clean is None] == []
