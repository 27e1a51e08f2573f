"""The fixtures that give other tests their PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from pytest_dbops.core.server_request import ServerRequest
from tests.fix_postgres import ScratchDatabase


def test_database_is_empty_and_owned_by_a_role_that_is_no_superuser(postgres_database: ScratchDatabase) -> None:
    with postgres_database.connect() as connection:
        row = connection.execute(
            "SELECT current_database(), current_setting('is_superuser'),"
            " (SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public')"
        ).fetchone()
    assert row == (postgres_database.name, "off", 0)


def test_owner_may_create_tables_in_its_database(postgres_database: ScratchDatabase) -> None:
    with postgres_database.connect() as connection:
        connection.execute("CREATE TABLE invoice (id integer PRIMARY KEY)")
        connection.execute("CREATE SCHEMA app")


def test_superuser_url_is_for_the_superuser(postgres_database: ScratchDatabase) -> None:
    with psycopg.connect(postgres_database.superuser_url) as connection:
        row = connection.execute("SELECT current_setting('is_superuser')").fetchone()
    assert row == ("on",)


@pytest.mark.parametrize("postgres_server", [14, 15, 16, 17, 18], indirect=True)
def test_each_major_version_runs_beside_the_others(postgres_database: ScratchDatabase) -> None:
    with postgres_database.connect() as connection:
        major = connection.info.server_version // 10000
    assert major == postgres_database.server.major


def test_all_workers_of_a_run_share_one_server_that_ends_with_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, any_server: ServerRequest
) -> None:
    pytest.importorskip("xdist", reason="needs pytest-xdist (pip install 'pytest-dbops[xdist]')")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    pytester.makeconftest('pytest_plugins = ["tests.fix_postgres"]')
    pytester.makepyfile(
        """
        import os
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test_it(number, postgres_database, tmp_path_factory):
            with postgres_database.connect() as connection:
                started = connection.execute("SELECT pg_postmaster_start_time()").fetchone()
            with open("seen", "a") as file:
                file.write(f"{os.getpid()} {started[0]} {postgres_database.server.host}\\n")
        """
    )
    pytester.runpytest_subprocess("-n", "2", "-p", "no:randomly").assert_outcomes(passed=6)
    seen = [line.split(" ", 1) for line in Path("seen").read_text().splitlines()]
    servers = {server for _, server in seen}
    assert len({worker for worker, _ in seen}) == 2
    assert len(servers) == 1
    assert not Path(servers.pop().rsplit(" ", 1)[1]).exists()
