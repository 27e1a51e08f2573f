"""On a server of our own the testing database is cloned from a template, kept while what shaped it is the same."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.operations.embedded import drop_embedded
from pytest_dbops.operations.runs import Run
from tests.operations.conftest import ENV, History, create_table
from tests.operations.embedding import CONFIG, LOGS, WAITS, Shop, kill


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of the tests' own, so that nobody's templates are pushed out of theirs."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def shop(history: History, cache: Path, monkeypatch: pytest.MonkeyPatch, scratch_postgres: object) -> Shop:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    history.write("dbops.toml", CONFIG)
    history.revision("r1", None, create_table("first") + "\n" + LOGS)
    return Shop(history)


@pytest.fixture
def runs(shop: Shop) -> Iterator[list[Run]]:
    """Runs of one after the other, ended afterwards."""
    made = [Run(None), Run(None)]
    yield made
    for run in made:
        run.end(lambda owned: drop_embedded(owned, shop.config))


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {name for (name,) in found}


def test_second_run_clones_what_the_first_built(shop: Shop, runs: list[Run]) -> None:
    first = shop.url("testing", runs[0])
    assert "migrating 1/1: r1 make r1" in shop.told

    second = shop.url("testing", runs[1])

    assert first != second
    assert tables(second) == {"first", "alembic_version"}
    assert shop.built_runs() == 1
    assert not [word for word in shop.told if word.startswith("migrating")]


def test_clone_belongs_to_a_plain_role_and_its_reader_may_only_look(shop: Shop, runs: list[Run]) -> None:
    shop.url("testing", runs[0])

    with psycopg.connect(shop.url("testing", runs[1])) as connection:
        owner = (
            "SELECT tableowner, rolsuper FROM pg_tables JOIN pg_roles ON rolname = tableowner WHERE tablename = 'first'"
        )
        assert connection.execute(owner).fetchone() == ("dbops_embedded_owner", False)
        connection.execute("SELECT count(*) FROM first")
        connection.rollback()
        connection.execute("SET default_transaction_read_only = off")
        connection.commit()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("INSERT INTO first (id) VALUES (1)")


def test_changed_revision_is_built_anew(shop: Shop, runs: list[Run]) -> None:
    shop.url("testing", runs[0])
    shop.history.revision("r2", "r1", create_table("second"))

    assert "second" in tables(shop.url("testing", runs[1]))
    assert shop.built_runs() == 2


def test_workers_of_a_run_share_the_clone(shop: Shop, runs: list[Run]) -> None:
    urls = {shop.url("testing", run) for run in (runs[0], Run(runs[0].folder()), runs[0])}

    assert (len(urls), shop.built_runs()) == (1, 1)


def test_failed_build_is_kept_nowhere(shop: Shop, runs: list[Run]) -> None:
    broken = shop.history.revision("r2", "r1", 'op.execute("SELECT colour FROM first")')
    with pytest.raises(CannotJudge, match='column "colour" does not exist'):
        shop.url("testing", runs[0])
    broken.unlink()

    assert tables(shop.url("testing", runs[1])) == {"first", "alembic_version"}


def test_killed_build_is_kept_nowhere(shop: Shop, runs: list[Run]) -> None:
    shop.history.revision("r2", "r1", create_table("second") + "\n" + WAITS)
    shop.hold()
    failed: list[str] = []

    def build() -> None:
        with pytest.raises(CannotJudge) as raised:
            shop.url("testing", runs[0])
        failed.append(str(raised.value))

    thread = threading.Thread(target=build)
    thread.start()
    kill(shop.held_pid())
    thread.join(timeout=60)
    shop.let_go()

    assert failed == ["the process that builds the database ended with -9: no word"]
    assert tables(shop.url("testing", runs[1])) == {"first", "second", "alembic_version"}


def test_broken_record_means_a_new_build(shop: Shop, runs: list[Run]) -> None:
    shop.url("testing", runs[0])
    (shop.path / ".dbops" / "testing.json").write_text("{")

    shop.url("testing", runs[1])

    assert shop.built_runs() == 2


def test_template_that_is_no_longer_kept_is_built_anew(
    shop: Shop, runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.url("testing", runs[0])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))

    assert tables(shop.url("testing", runs[1])) == {"first", "alembic_version"}
    assert shop.built_runs() == 2
    shutil.rmtree(tmp_path / "empty")


def test_project_that_cannot_be_written_to_is_built_each_time(shop: Shop, runs: list[Run]) -> None:
    (shop.path / ".dbops").write_text("in the way")

    found = [tables(shop.url("testing", run)) for run in runs]

    assert found == [{"first", "alembic_version"}] * 2
    assert shop.built_runs() == 2


def test_connection_left_open_by_an_env_is_no_obstacle(shop: Shop, runs: list[Run]) -> None:
    shop.history.env(
        "from alembic import context\nfrom sqlalchemy import create_engine\n"
        "kept = create_engine(context.config.get_main_option('sqlalchemy.url')).connect()\n"
        "kept.exec_driver_sql('SELECT 1')\n" + ENV
    )

    assert tables(shop.url("testing", runs[0])) == {"first", "alembic_version"}


def test_kept_templates_are_private_to_their_user(shop: Shop, runs: list[Run], cache: Path) -> None:
    shop.url("testing", runs[0])

    kept = cache / "pytest-dbops" / "clusters"
    assert (kept.stat().st_mode & 0o077, kept.stat().st_uid) == (0, os.getuid())
