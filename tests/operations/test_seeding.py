"""Seeders run in the order of their needs, each whole or not at all, and say in one line what keeps them from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, MetaData, Table, Text, create_engine, text
from sqlalchemy.pool import NullPool

from pytest_dbops.core.errors import CannotJudge, ConfigError
from pytest_dbops.operations.child import hearing
from pytest_dbops.seeding.run import AS_OF, load_seeders, run_seeders
from tests.operations.conftest import Database

METADATA = MetaData()
Table("customer", METADATA, Column("id", Integer, primary_key=True), Column("name", Text, server_default="nobody"))
Table("invoice", METADATA, Column("id", Integer, primary_key=True), Column("customer_id", ForeignKey("customer.id")))

HEAD = "from pytest_dbops import seeder\n"
CUSTOMERS = """
@seeder("customers", tables=("customer",))
def customers(context):
    context.insert("customer", [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bo"}])
"""
INVOICES = """
@seeder("invoices", tables=("invoice",), depends_on=("customers",))
def invoices(context):
    context.insert("invoice", [{"id": 1, "customer_id": 2}])
"""


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """The project's folder of seeders."""
    folder = tmp_path / "project" / "seeds"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    """An engine on a database with the two tables."""
    made = create_engine(database.url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    METADATA.create_all(made)
    yield made
    made.dispose()


def names(place: Path) -> list[str]:
    return [seeder.name for seeder in load_seeders(place)]


def rows(engine: Engine, sql: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def test_those_that_others_need_come_first(seeds: Path) -> None:
    (seeds / "a.py").write_text(HEAD + INVOICES)
    (seeds / "b.py").write_text(HEAD + CUSTOMERS)

    assert names(seeds) == ["customers", "invoices"]


def test_one_file_may_hold_all_seeders(seeds: Path) -> None:
    (seeds / "all.py").write_text(HEAD + INVOICES + CUSTOMERS)

    assert names(seeds / "all.py") == ["customers", "invoices"]


@pytest.mark.parametrize("is_package", [True, False], ids=["a package", "loose files"])
def test_seeder_that_another_file_imports_is_one_seeder(
    is_package: bool, seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = seeds.rename(seeds.with_name(f"seeds_{'packed' if is_package else 'loose'}"))
    monkeypatch.syspath_prepend(str(package.parent))
    if is_package:
        (package / "__init__.py").write_text("")
    (package / "one.py").write_text(HEAD + CUSTOMERS)
    (package / "two.py").write_text(f"from {package.name}.one import customers\n" + HEAD + INVOICES)

    assert names(package) == ["customers", "invoices"]


def test_seeders_made_by_a_function_are_all_found(seeds: Path) -> None:
    (seeds / "made.py").write_text(
        HEAD + "def made(name):\n    @seeder(name, tables=())\n    def fill(context): pass\n    return fill\n"
        "one, two = made('one'), made('two')\n"
    )  # fmt: skip

    assert sorted(names(seeds)) == ["one", "two"]


def test_folder_called_like_a_library_holds_seeders_all_the_same(seeds: Path) -> None:
    folder = seeds.rename(seeds.with_name("json"))
    (folder / "__init__.py").write_text(HEAD + CUSTOMERS)
    (folder / "decoder.py").write_text(HEAD + INVOICES)

    assert names(folder) == ["customers", "invoices"]


BROKEN = {
    "a circle": (
        '@seeder("a", tables=(), depends_on=("b",))\ndef a(c): pass\n@seeder("b", tables=(), depends_on=("a",))\n'
        "def b(c): pass\n",
        r"seeders need each other in a circle: (a -> b -> a|b -> a -> b)",
    ),
    "itself": ('@seeder("a", tables=(), depends_on=("a",))\ndef a(c): pass\n', "in a circle: a -> a"),
    "an unknown need": (INVOICES, "seeder 'invoices' needs 'customers', which does not exist"),
    "a name used twice": (
        '@seeder("a", tables=())\ndef a(c): pass\n@seeder("a", tables=())\ndef b(c): return 1\n',
        "seeder 'a' exists twice, in x.py and x.py",
    ),
    "a mistake": ("nothing_here", "x.py does not import: NameError: name 'nothing_here' is not defined"),
    "no Python": ("def (", "x.py does not import: SyntaxError: "),
}


@pytest.mark.parametrize(("source", "said"), BROKEN.values(), ids=BROKEN)
def test_seeders_that_cannot_run_are_one_line(source: str, said: str, seeds: Path) -> None:
    (seeds / "x.py").write_text(HEAD + source)

    with pytest.raises(ConfigError, match=said) as failed:
        load_seeders(seeds)

    assert "\n" not in str(failed.value)


def test_place_that_does_not_exist_is_named(seeds: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere' do not exist \(\[project\] seeders in dbops.toml\)"):
        load_seeders(seeds / "nowhere")


def test_rows_are_there_afterwards_and_progress_was_told(seeds: Path, engine: Engine) -> None:
    (seeds / "all.py").write_text(HEAD + INVOICES + CUSTOMERS)
    told: list[str] = []

    run_seeders(engine, METADATA, load_seeders(seeds), progress=told.append)

    assert rows(engine, "SELECT customer_id, name FROM invoice JOIN customer ON customer.id = customer_id") == [
        (2, "Bo")
    ]
    none, half, whole = "." * 20, "#" * 10 + "." * 10, "#" * 20
    assert told == [
        f"seeding [{none}] 1/2: customers",
        f"seeding [{half}] 1/2: customers, 2 rows",
        f"seeding [{half}] 2/2: invoices",
        f"seeding [{whole}] 2/2: invoices, 1 row",
    ]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("raise KeyError('colour')", "seeder 'customers' fails: KeyError: 'colour'"),
        ("raise SystemExit('enough')", "seeder 'customers' fails: SystemExit: enough"),
        ("context.insert('customer', [{'id': 1}])", r"seeder 'customers' fails: \w+: .*(UNIQUE|unique) constraint"),
    ],
)
def test_failing_seeder_leaves_nothing_of_its_own(statement: str, said: str, seeds: Path, engine: Engine) -> None:
    (seeds / "all.py").write_text(HEAD + CUSTOMERS + f"    {statement}\n")

    with pytest.raises(CannotJudge, match=said) as failed:
        run_seeders(engine, METADATA, load_seeders(seeds), progress=lambda said: None)

    assert rows(engine, "SELECT * FROM customer") == []
    assert "\n" not in str(failed.value)


UNKNOWN = {
    "a table": (
        "'customers', [{'id': 1}]",
        "table 'customers' is not in the project's metadata; did you mean 'customer'?",
    ),
    "a column": ("'customer', [{'id': 3, 'nme': 1}]", "table 'customer' has no column 'nme'; did you mean 'name'?"),
    "a column of a later row": (
        "'customer', [{'id': 3}, {'id': 4, 'zip': 1}]", "table 'customer' has no column 'zip'"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "said"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_name_is_told_with_the_nearest_one(arguments: str, said: str, seeds: Path, engine: Engine) -> None:
    (seeds / "all.py").write_text(HEAD + CUSTOMERS + f"    context.insert({arguments})\n")

    with pytest.raises(ConfigError) as failed:
        run_seeders(engine, METADATA, load_seeders(seeds), progress=lambda said: None)

    assert str(failed.value) == f"seeder 'customers': {said}"
    assert rows(engine, "SELECT * FROM customer") == []


def test_insert_tells_how_many_and_keeps_what_each_row_has(seeds: Path, engine: Engine) -> None:
    (seeds / "all.py").write_text(
        HEAD + '@seeder("some", tables=("customer",))\ndef some(context):\n'
        "    assert context.insert('customer', []) == 0\n"
        "    rows = [{'id': 1}, {'id': 2, 'name': 'Bo'}, {'id': 3}, {'name': 'Cy', 'id': 4}]\n"
        "    assert context.insert('customer', rows) == 4\n"
    )

    run_seeders(engine, METADATA, load_seeders(seeds), progress=lambda said: None)

    found = rows(engine, "SELECT id, name FROM customer ORDER BY id")
    assert found == [(1, "nobody"), (2, "Bo"), (3, "nobody"), (4, "Cy")]


def test_seeder_is_given_the_facts_that_make_rows_reproducible(seeds: Path, engine: Engine) -> None:
    (seeds / "all.py").write_text(
        HEAD + '@seeder("facts", tables=("customer",))\ndef facts(context):\n'
        "    context.insert('customer', [{'id': context.seed, 'name': f'{context.dialect} {context.as_of}'}])\n"
    )

    run_seeders(engine, METADATA, load_seeders(seeds), progress=lambda said: None, seed=7)

    assert rows(engine, "SELECT id, name FROM customer") == [(7, f"{engine.dialect.name} {AS_OF}")]


def test_log_has_a_step_once_however_often_its_bar_moves(caplog: pytest.LogCaptureFixture) -> None:
    shown: list[str] = []
    hear = hearing(shown.append)
    texts = [
        "seeding [#...] 1/2: a",
        "seeding [#...] 1/2: a, 1 row",
        "seeding [##..] 1/2: a, 900 rows",
        "seeding 2/2: b",
    ]

    with caplog.at_level("INFO", logger="pytest_dbops.seeding"):
        for text in texts:
            hear({"progress": text})

    assert shown == texts
    assert caplog.messages == ["seeding 1/2: a", "seeding 2/2: b"]
