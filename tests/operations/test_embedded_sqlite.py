"""The development database: made on first use, built anew when what it is made of changes, never half finished."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError
from pytest_dbops.crypto.derive import key_id_of
from pytest_dbops.operations.runs import Run
from tests.fix_targets import PATIENT
from tests.operations.conftest import ENV, History, create_table
from tests.operations.embedding import CONFIG, LOGS, WAITS, Shop, is_gone, kill


@pytest.fixture
def shop(history: History) -> Shop:
    history.write("dbops.toml", CONFIG)
    history.revision("r1", None, create_table("first") + "\n" + LOGS)
    return Shop(history)


def tables(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def test_database_is_made_from_migrations_alone_and_ignored_by_version_control(shop: Shop) -> None:
    url = shop.url()

    assert url == f"sqlite:///{shop.file}"
    assert tables(shop.file) == {"first", "alembic_version"}
    assert (shop.path / ".dbops" / ".gitignore").read_text() == "*\n"
    assert shop.told == ["migrating 1/1: r1 make r1"]
    names = {file.name for file in (shop.path / ".dbops").iterdir()}
    assert names == {".gitignore", "development.json", "development.lock", "development.sqlite3"}


def test_nothing_is_built_twice(shop: Shop) -> None:
    shop.url()
    before = shop.state()
    shop.history.write("README.md", "more words")
    shop.history.write("checks/own.sql", "SELECT 1")
    shop.history.write("migrations/__pycache__/env.cpython-399.pyc", "compiled")

    shop.url()

    assert (shop.state(), shop.told, shop.built_runs()) == (before, [], 1)


def with_models_and_seeds(shop: Shop) -> None:
    shop.history.write(
        "dbops.toml", CONFIG + 'metadata = "shop.models:metadata"\nseeders = "seeds"\n'
    )  # fmt: skip
    shop.history.write(
        "shop/models.py",
        "from sqlalchemy import Column, Integer, MetaData, Table, Text\nmetadata = MetaData()\n"
        "Table('first', metadata, Column('id', Integer, primary_key=True), Column('name', Text))\n",
    )
    shop.history.write("seeds/names.txt", "Ada")
    shop.history.write(
        "seeds/first.py",
        "from pathlib import Path\nfrom pytest_dbops import seeder\nimport tinylib\n"
        "@seeder('first', tables=('first',))\ndef first(context):\n"
        "    context.insert('first', [{'id': 1, 'name': Path(__file__).with_name('names.txt').read_text()}])\n",
    )


def rewrite(name: str, text: str) -> Callable[[Shop], None]:
    def change(shop: Shop) -> None:
        (shop.path / name).parent.mkdir(parents=True, exist_ok=True)
        with (shop.path / name).open("a") as file:
            file.write(text)

    return change


CHANGES: dict[str, Callable[[Shop], None]] = {
    "a new revision": lambda shop: shop.history.revision("r2", "r1", create_table("second")) and None,
    "an edited revision": rewrite("migrations/versions/r1.py", "\n# changed"),
    "env.py": rewrite("migrations/env.py", "\n# changed"),
    "a file that lies beside the revisions": rewrite("migrations/versions/view.sql", "SELECT 1"),
    "the ini": rewrite("alembic.ini", "\n# changed"),
    "a model": rewrite("shop/models.py", "\n# changed"),
    "a model that is gone": lambda shop: (
        (shop.path / "shop" / "more.py").unlink() or (shop.history.env("import shop.models" + ENV) and None)
    ),
    "a seeder": rewrite("seeds/first.py", "\n# changed"),
    "a new seeder": rewrite("seeds/second.py", "X = 1"),
    "what a seeder reads": rewrite("seeds/names.txt", " and Bo"),
    "a setting": rewrite("dbops.toml", 'first_revision = "r1"\n'),
    "the version of a library": lambda shop: (
        (shop.path / "lib/tinylib-1.0.dist-info/METADATA").write_text(
            "Metadata-Version: 2.1\nName: tinylib\nVersion: 1.1\n"
        )
        and None
    ),
}


@pytest.fixture
def rich_shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A project with models, seeders, an ini and a library."""
    with_models_and_seeds(shop)
    shop.history.write("alembic.ini", "[alembic]\nscript_location = migrations\n")
    shop.history.write("shop/more.py", "NAME = 1")
    shop.history.env("import shop.more, shop.models" + ENV)
    shop.history.write("lib/tinylib.py", "")
    shop.history.write("lib/tinylib-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tinylib\nVersion: 1.0\n")
    shop.history.write("lib/tinylib-1.0.dist-info/top_level.txt", "tinylib\n")
    monkeypatch.setenv("PYTHONPATH", str(shop.path / "lib"))
    monkeypatch.syspath_prepend(str(shop.path / "lib"))
    shop.url()
    return shop


def test_database_is_built_anew_when_a_part_of_it_changes(rich_shop: Shop) -> None:
    not_built_anew, built_without_cause = [], []
    for name, change in CHANGES.items():
        before = rich_shop.state()
        change(rich_shop)
        rich_shop.url()
        if rich_shop.state() == before:
            not_built_anew.append(name)
        after = rich_shop.state()
        rich_shop.url()
        if rich_shop.state() != after:
            built_without_cause.append(name)

    assert (not_built_anew, built_without_cause) == ([], [])


def test_file_that_changes_during_the_build_is_seen_next_time(shop: Shop) -> None:
    shop.history.write("shop/models.py", "NAME = 1")
    shop.history.env("import shop.models\nopen('shop/models.py', 'w').write('NAME = 2')" + ENV)
    shop.url()

    shop.url()

    assert shop.built_runs() == 2


def test_failed_build_leaves_the_old_file_and_says_one_line(shop: Shop) -> None:
    shop.url()
    old = shop.file.read_bytes()
    shop.history.revision("r2", "r1", create_table("second") + '\nop.execute("SELECT colour FROM first")')

    with pytest.raises(CannotJudge, match=r"^revision r2 \(r2.py:10\) .*no such column: colour"):
        shop.url()

    assert shop.file.read_bytes() == old
    assert not list((shop.path / ".dbops").glob("*.unfinished*"))


def failure(shop: Shop, run: Run | None = None) -> str:
    with pytest.raises(DbopsError) as failed:
        shop.url(run=run)
    return str(failed.value)


def test_build_fails_once_in_a_run(shop: Shop) -> None:
    shop.history.revision("r2", "r1", "raise KeyError('colour')")
    controller = Run(None)
    worker = Run(controller.folder())

    said = [failure(shop, run) for run in (controller, worker, controller)]
    controller.end(lambda run: None)

    assert said == ["revision r2 (r2.py:9) fails to upgrade: KeyError: 'colour'"] * 3
    assert shop.built_runs() == 1


def test_killed_build_never_looks_finished_and_the_next_run_heals(shop: Shop) -> None:
    shop.history.revision("r2", "r1", create_table("second") + "\n" + WAITS)
    shop.hold()
    failed: list[str] = []

    def build() -> None:
        failed.append(failure(shop))

    thread = threading.Thread(target=build)
    thread.start()
    kill(shop.held_pid())
    thread.join(timeout=30)

    assert failed == ["the process that builds the database ended with -9: no word"]
    assert not shop.file.exists()
    shop.let_go()
    shop.url()
    assert tables(shop.file) == {"first", "second", "alembic_version"}
    assert not list((shop.path / ".dbops").glob("*.unfinished*"))


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="this system has no pidfd_open")
def test_build_dies_with_its_parent_and_the_next_run_heals(shop: Shop) -> None:
    shop.history.revision("r2", "r1", create_table("second") + "\n" + WAITS)
    shop.hold()
    parent = shop.start("env", "ping", "--env", "development")
    child = shop.held_pid()

    kill(parent.pid)
    parent.communicate(timeout=30)

    assert is_gone(child)
    assert not shop.file.exists()
    shop.let_go()
    shop.url()
    assert tables(shop.file) == {"first", "second", "alembic_version"}
    assert not list((shop.path / ".dbops").glob("*.unfinished*"))


def test_processes_at_once_build_once(shop: Shop) -> None:
    shop.history.revision("r2", "r1", create_table("second") + "\n" + WAITS)
    shop.hold()
    first = shop.start("env", "ping", "--env", "development")
    shop.held_pid()
    second = shop.start("env", "ping", "--env", "development")
    (shop.path / "hold").open("w").close()

    said = [process.communicate(timeout=60)[1] for process in (first, second)]

    assert (first.returncode, second.returncode, said) == (0, 0, ["", ""])
    assert shop.built_runs() == 1


def test_connection_left_open_in_wal_mode_loses_nothing(shop: Shop) -> None:
    shop.history.env(
        "import os\nfrom alembic import context\nfrom sqlalchemy import create_engine\n"
        "kept = create_engine(context.config.get_main_option('sqlalchemy.url')).raw_connection()\n"
        "kept.execute('PRAGMA journal_mode = wal')\nkept.execute('BEGIN')\n"
        "kept.execute('SELECT count(*) FROM sqlite_schema').fetchone()\n" + ENV
    )

    shop.url()

    assert tables(shop.file) == {"first", "alembic_version"}
    assert not shop.file.with_name(f"{shop.file.name}-wal").exists()


def test_broken_record_means_a_new_build(shop: Shop) -> None:
    shop.url()
    shop.file.with_suffix(".json").write_text("{")

    shop.url()

    assert shop.built_runs() == 2


def test_place_that_cannot_be_made_is_one_line(shop: Shop) -> None:
    (shop.path / ".dbops").write_text("in the way")

    with pytest.raises(CannotJudge, match=r"the embedded database has no place: .* \(make the project's"):
        shop.url()


@pytest.mark.parametrize("name", ["with blank", "Öl & Käse", "50 %", "a%20b", "a#b", "it's"])
def test_folder_may_have_any_name(name: str, tmp_path: Path) -> None:
    history = History(tmp_path / name)
    history.env(ENV)
    history.revision("r1", None, create_table("first"))
    history.write("dbops.toml", CONFIG)
    shop = Shop(history)

    backend, url = backend_for("sqlite"), shop.url()
    with backend.open_session(url, limits=PATIENT, expect=Expectation(), application="test") as session:
        found = {table.name for table in backend.read_catalog(session).tables}

    assert found == {"first", "alembic_version"}


def test_gate_on_a_database_made_of_nothing_is_a_configuration_error(shop: Shop) -> None:
    shop.history.write("dbops.toml", "[gate]\n")
    gate = shop.gate("development")

    with pytest.raises(ConfigError, match="is embedded, and there is nothing to build it from"):
        gate.prepare_target()


def test_seeders_without_metadata_are_a_configuration_error(shop: Shop) -> None:
    with_models_and_seeds(shop)
    shop.history.write("dbops.toml", CONFIG + 'seeders = "seeds"\n')

    with pytest.raises(ConfigError, match=r"seeders 'seeds' need the tables they fill"):
        shop.url()


KEYS = """
[[key]]
name = "tests"
source = "env:KEY_OF_TESTS"
environments = ["testing"]

[[key]]
name = "here"
source = "env:KEY_OF_HERE"
environments = ["development"]
"""
SEEDER = """
from pytest_dbops import load_keyring, seeder

@seeder("first", tables=("first",), clean=lambda context: None)
def first(context):
    try:
        ids = load_keyring().key_ids()
    except Exception:
        ids = ["none"]
    open("keys.log", "a").write(f"{sorted(set(ids))}\\n")
"""
MODELS = """
from sqlalchemy import Column, Integer, MetaData, Table
metadata = MetaData()
Table("first", metadata, Column("id", Integer, primary_key=True))
"""


def test_file_is_built_anew_for_another_key_by_a_process_that_finds_the_keys_of_its_environment(shop: Shop) -> None:
    shop.history.write("dbops.toml", CONFIG + 'metadata = "shop_models:metadata"\nseeders = "seeds"\n' + KEYS)
    shop.history.write("shop_models.py", MODELS)
    shop.history.write("seeds/first.py", SEEDER)
    for digits in ("7b", "7b", "8c"):
        shop.variables.update(KEY_OF_HERE="hex:" + digits * 32, KEY_OF_TESTS="hex:" + "5a" * 32)
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("DBOPS_ENV", raising=False)
            for name, value in shop.variables.items():
                patch.setenv(name, value)
            shop.url()
    found = (shop.path / "keys.log").read_text().splitlines()
    assert found == [str([root_id(digits)]) for digits in ("7b", "8c")]


def root_id(digits: str) -> str:
    return key_id_of(bytes.fromhex(digits * 32)).hex()
