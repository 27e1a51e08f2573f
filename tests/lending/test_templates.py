"""A template is built once, and anew when what it is made of has changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.operations.fixtures.postgresql import SPARE, PostgresqlPlace, postgresql_template
from pytest_dbops.operations.fixtures.source import FixtureSource, find_source
from pytest_dbops.operations.fixtures.sqlite import KEPT, SqlitePlace, SqliteTemplate, sqlite_template
from pytest_dbops.operations.runs import Run
from pytest_dbops.provisioning.templated import has_spare

MODELS = """
from sqlalchemy import Column, Integer, MetaData, Table
import numbers_of_it

metadata = MetaData()
Table("it", metadata, Column("id", Integer, primary_key=True), *numbers_of_it.columns())
"""
NUMBERS = "def columns():\n    return ()\n"
CONFIG = '[project]\nmetadata = "models_of_it:metadata"\n[env.testing]\nurl = "embedded:{}"\n'


@pytest.fixture
def run() -> Iterator[Run]:
    """A run of its own, as a session has."""
    run = Run(None)
    yield run
    run.end(lambda _: None)


def project(folder: Path, product: str) -> FixtureSource:
    (folder / "models_of_it.py").write_text(MODELS, encoding="utf-8")
    (folder / "numbers_of_it.py").write_text(NUMBERS, encoding="utf-8")
    (folder / "dbops.toml").write_text(CONFIG.format(product), encoding="utf-8")
    return find_source(folder, variables={})


def was_built(source: FixtureSource, *, is_fresh: bool = False) -> bool:
    """Return whether a session of its own has to build the template."""
    run = Run(None)
    try:
        return sqlite_template(source, run, print, is_fresh=is_fresh).was_built
    finally:
        run.end(lambda _: None)


def in_cache(run: Run, template: SqliteTemplate) -> Path:
    """Return the file that the template of a run is a copy of."""
    return run.get().places.cache / "files" / template.name


def test_a_template_is_built_anew_when_a_module_of_the_project_changes(tmp_path: Path) -> None:
    source = project(tmp_path, "sqlite")
    assert was_built(source)
    assert not was_built(source)
    (tmp_path / "numbers_of_it.py").write_text(f"# other\n{NUMBERS}", encoding="utf-8")
    assert was_built(source)
    assert was_built(source, is_fresh=True)
    assert not was_built(source)


def test_what_is_asked_for_is_part_of_its_name(tmp_path: Path) -> None:
    source = project(tmp_path, "sqlite")
    other = replace(source, order=replace(source.order, metadata="models_of_it"))
    assert source.key != other.key
    assert source.record != other.record


def test_processes_of_a_run_share_what_one_has_built(tmp_path: Path, run: Run) -> None:
    source = project(tmp_path, "sqlite")
    first = sqlite_template(source, run, print, is_fresh=False)
    again = sqlite_template(source, Run(run.folder()), print, is_fresh=True)
    assert (first.was_built, again.was_built) == (True, False)
    assert first.file == again.file


def test_a_run_keeps_its_template_when_the_cache_lets_it_go(tmp_path: Path, run: Run) -> None:
    source = project(tmp_path, "sqlite")
    first = sqlite_template(source, run, print, is_fresh=False)
    in_cache(run, first).unlink()
    again = sqlite_template(source, Run(run.folder()), print, is_fresh=False)
    assert (again.was_built, again.file) == (False, first.file)
    with closing(SqlitePlace(again)) as place:
        assert place.clone().url
    assert was_built(source)  # another session has to


def test_templates_not_used_for_an_hour_and_drafts_of_the_dead_leave_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run = Run(None)
    files = tmp_path / "cache" / "pytest-dbops" / "files"
    files.mkdir(parents=True)
    old = [files / f"dbops_template_{number}.sqlite" for number in range(KEPT + 1)]
    for number, each in enumerate(old):
        each.touch()
        os.utime(each, (number, number))
    drafts = {pid: files / f"dbops_template_x.{pid}{end}" for pid, end in ((os.getpid(), ""), (2**22 + 1, "-journal"))}
    for each in drafts.values():
        each.touch()
    recent = files / "dbops_template_recent.sqlite"
    recent.touch()
    sqlite_template(project(tmp_path, "sqlite"), run, print, is_fresh=False)
    run.end(lambda _: None)
    assert [each.exists() for each in old] == [False] * 3 + [True] * (KEPT - 2)
    assert recent.exists()
    assert [each.exists() for each in drafts.values()] == [True, False]


def test_a_template_that_cannot_be_built_is_not_tried_twice_in_a_run(tmp_path: Path, run: Run) -> None:
    source = project(tmp_path, "sqlite")
    (tmp_path / "numbers_of_it.py").write_text("1 / 0\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="does not import: ZeroDivisionError") as first:
        sqlite_template(source, run, print, is_fresh=False)
    (tmp_path / "numbers_of_it.py").write_text(NUMBERS, encoding="utf-8")
    with pytest.raises(ConfigError) as again:
        sqlite_template(source, Run(run.folder()), print, is_fresh=False)
    assert str(again.value) == str(first.value)


def test_a_lost_database_is_replaced_under_its_name(tmp_path: Path, run: Run) -> None:
    place = PostgresqlPlace(postgresql_template(find_source(tmp_path, variables={}), run, print, is_fresh=False))
    url = place.database.url
    with place.database.connect() as connection:
        connection.execute("CREATE TABLE made (id integer)")
    assert place.settle().state == "altered"
    place.replace()
    assert place.database.url == url
    with place.database.connect() as connection:
        assert connection.execute("SELECT to_regclass('made')").fetchone() == (None,)
    assert place.settle().state == "pristine"
    place.close()


def test_the_clone_that_is_kept_with_a_template_is_lent_to_one_process(tmp_path: Path, run: Run) -> None:
    template = postgresql_template(find_source(tmp_path, variables={}), run, print, is_fresh=False)
    places = PostgresqlPlace(template), PostgresqlPlace(template)
    names = [place.database.name for place in places]
    assert names.count(SPARE) == has_spare(template.server)
    assert len(set(names)) == 2
    assert [place.settle().state for place in places] == ["pristine", "pristine"]
    for place in places:
        place.close()


def test_an_environment_that_is_not_there_is_named(tmp_path: Path) -> None:
    project(tmp_path, "sqlite")
    with pytest.raises(ConfigError, match=r"there is no environment 'testin' .did you mean 'testing'"):
        find_source(tmp_path, variables={"DBOPS_ENV": "testin"})


ON_THE_SERVER = {
    "ALTER ROLE dbops_embedded_owner SET search_path = nowhere": "the role 'dbops_embedded_owner', which was changed",
    "ALTER ROLE dbops_embedded_owner SUPERUSER": "the role 'dbops_embedded_owner', which was changed",
    "CREATE ROLE made LOGIN; GRANT made TO dbops_embedded_owner": "the role 'dbops_embedded_owner', which was changed",
    "CREATE ROLE made LOGIN": "the role 'made', which was made",
    "ALTER SYSTEM SET work_mem = '2MB'": "a setting of the server (ALTER SYSTEM)",
}


def test_what_a_test_changes_on_the_server_is_named_and_put_back(tmp_path: Path, run: Run) -> None:
    place = PostgresqlPlace(postgresql_template(find_source(tmp_path, variables={}), run, print, is_fresh=False))
    look = "SELECT json_agg(r ORDER BY rolname)::text FROM (SELECT rolname, rolsuper, rolconfig FROM pg_roles) AS r"
    with closing(psycopg.connect(place.database.admin_url, autocommit=True)) as admin:
        before = admin.execute(look).fetchone()
        for statements, told in ON_THE_SERVER.items():
            for statement in statements.split("; "):
                admin.execute(statement.encode())
            assert told in [leak.what for leak in place.settle().leaks]
            assert admin.execute(look).fetchone() == before
            assert place.settle().leaks == ()
    place.close()


def test_a_role_that_another_process_made_is_left_to_it(tmp_path: Path, run: Run) -> None:
    template = postgresql_template(find_source(tmp_path, variables={}), run, print, is_fresh=False)
    place, beside = PostgresqlPlace(template), PostgresqlPlace(template)
    with closing(psycopg.connect(beside.database.admin_url, autocommit=True)) as admin:
        admin.execute("CREATE ROLE made LOGIN")
        assert place.settle().leaks == ()
        assert [leak.what for leak in beside.settle().leaks] == ["the role 'made', which was made"]
    place.close()
    beside.close()
