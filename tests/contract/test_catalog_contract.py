"""What every product's catalog promises, read through a gate's own session."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.core.catalog import Catalog, Facet, IndexKey, canonical_text, diff
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.session import Limits
from tests.fix_postgres import ScratchDatabase

LIMITS = Limits(connect_timeout_s=10, statement_timeout_s=30, lock_timeout_s=5)

SCHEMA = """
CREATE TABLE zebra (id integer PRIMARY KEY, code varchar(10) NOT NULL UNIQUE);
CREATE TABLE apple (
  id integer PRIMARY KEY,
  zebra_id integer NOT NULL,
  amount numeric(10,2) DEFAULT 0,
  kind text,
  tag text,
  CONSTRAINT apple_zebra_fk FOREIGN KEY (zebra_id) REFERENCES zebra (id) ON DELETE CASCADE,
  CONSTRAINT apple_amount_check CHECK (amount >= 0),
  CONSTRAINT apple_kind_tag_key UNIQUE (kind, tag)
);
CREATE INDEX apple_tag_idx ON apple (tag DESC, zebra_id);
CREATE INDEX apple_kind_idx ON apple (lower(kind)) WHERE tag IS NOT NULL;
CREATE VIEW totals AS SELECT zebra_id, sum(amount) AS amount FROM apple GROUP BY zebra_id;
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
"""

ODD_NAMES = ("order", "with space", 'with "quotes"', "Ünïcode", "per%cent :colon $1 ?", "semi;colon -- x", "dots.in.it")


class Counting:
    """A session that counts what is asked of it."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.statements = 0

    def query(self, sql: str) -> Sequence[Any]:
        self.statements += 1
        answer: Sequence[Any] = self._session.query(sql)
        return answer


@dataclass(frozen=True, slots=True)
class Product:
    """A fresh database of one product."""

    name: str
    url: str
    run: Callable[[str], None]

    def read(self) -> Catalog:
        """Return the catalog, read as a gate does."""
        backend = backend_for(self.name)
        with backend.open_session(self.url, limits=LIMITS, expect=Expectation(), application="dbops test") as session:
            return backend.read_catalog(session)

    def count_statements(self) -> int:
        """Return how many statements one reading takes."""
        backend = backend_for(self.name)
        with backend.open_session(self.url, limits=LIMITS, expect=Expectation(), application="dbops test") as session:
            trusted = session.trusted() if hasattr(session, "trusted") else nullcontext(session)
            with trusted as reader:
                counting = Counting(reader)
                backend.read_catalog(counting)  # type: ignore[arg-type]  # the reader needs `query` only
                return counting.statements


@pytest.fixture
def postgresql_product(postgres_database: ScratchDatabase) -> Product:
    def run(sql: str) -> None:
        with closing(psycopg.connect(postgres_database.superuser_url, autocommit=True)) as connection:
            connection.execute(sql.encode())

    return Product("postgresql", postgres_database.superuser_url, run)


@pytest.fixture
def sqlite_product(tmp_path: Path) -> Product:
    file = tmp_path / "books.db"

    def run(sql: str) -> None:
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(sql)

    run("")
    return Product("sqlite", f"sqlite:///{file}", run)


@pytest.fixture(params=["postgresql", "sqlite"])
def product(request: pytest.FixtureRequest) -> Iterator[Product]:
    """An empty database of each product."""
    yield request.getfixturevalue(f"{request.param}_product")


@pytest.fixture
def catalog(product: Product) -> Catalog:
    """The catalog of the common schema."""
    product.run(SCHEMA)
    return product.read()


def test_empty_database_has_an_empty_catalog(product: Product) -> None:
    catalog = product.read()
    assert (catalog.tables, catalog.views, catalog.sequences, catalog.routines) == ((), (), (), ())
    assert catalog.dialect == product.name


def test_tables_are_sorted_by_name(catalog: Catalog) -> None:
    assert [table.name for table in catalog.tables] == ["alembic_version", "apple", "zebra"]


def test_columns_keep_their_order_and_rules(catalog: Catalog) -> None:
    apple = catalog.table(catalog.default_schema, "apple")
    assert [(column.name, column.position, column.not_null) for column in apple.columns][1:] == [
        ("zebra_id", 2, True),
        ("amount", 3, False),
        ("kind", 4, False),
        ("tag", 5, False),
    ]
    assert apple.column("amount").type.lower() in ("numeric(10,2)", "decimal(10,2)")
    assert apple.column("amount").default == "0"
    assert apple.column("amount").type_name.lower() == "numeric"


def test_keys_are_found(catalog: Catalog) -> None:
    apple = catalog.table(catalog.default_schema, "apple")
    assert apple.primary_key is not None
    assert apple.primary_key.columns == ("id",)
    assert [(key.name, key.columns) for key in apple.unique_constraints] == [("apple_kind_tag_key", ("kind", "tag"))]


def test_foreign_keys_are_found(catalog: Catalog) -> None:
    (key,) = catalog.table(catalog.default_schema, "apple").foreign_keys
    assert (key.name, key.columns, key.target, key.target_columns) == (
        "apple_zebra_fk",
        ("zebra_id",),
        "zebra",
        ("id",),
    )
    assert (key.on_delete, key.on_update, key.match, key.is_validated) == ("CASCADE", "NO ACTION", "SIMPLE", True)


def test_checks_name_their_columns(catalog: Catalog) -> None:
    (check,) = catalog.table(catalog.default_schema, "apple").check_constraints
    assert (check.name, check.columns) == ("apple_amount_check", ("amount",))


def test_indexes_have_keys_and_predicate(catalog: Catalog) -> None:
    apple = catalog.table(catalog.default_schema, "apple")
    tag, kind = apple.index("apple_tag_idx"), apple.index("apple_kind_idx")
    assert tag.keys == (IndexKey("tag", is_descending=True, is_nulls_first=True), IndexKey("zebra_id"))
    assert kind.columns == (None,)
    assert kind.predicate is not None
    assert kind.predicate.strip("()") == "tag IS NOT NULL"
    assert [index.name for index in apple.indexes] == sorted(index.name for index in apple.indexes)


def test_index_behind_a_constraint_names_it(catalog: Catalog) -> None:
    apple = catalog.table(catalog.default_schema, "apple")
    assert "apple_kind_tag_key" in {index.constraint for index in apple.indexes}


def test_views_have_their_definition(catalog: Catalog) -> None:
    (view,) = catalog.views
    assert view.name == "totals"
    assert "GROUP BY" in view.definition


def test_version_table_is_marked(catalog: Catalog) -> None:
    assert [table.name for table in catalog.tables if table.is_version_table] == ["alembic_version"]


def test_reading_twice_gives_the_same(product: Product, catalog: Catalog) -> None:
    again = product.read()
    assert again == catalog
    assert again.fingerprint == catalog.fingerprint
    assert canonical_text(again) == canonical_text(catalog)
    assert diff(catalog, again).is_empty


def test_number_of_statements_does_not_grow_with_the_tables(product: Product) -> None:
    product.run(SCHEMA)
    few = product.count_statements()
    product.run("".join(f"CREATE TABLE more_{n} (id integer PRIMARY KEY, a text UNIQUE);" for n in range(40)))
    assert product.count_statements() == few <= 14


def test_order_of_making_means_nothing(product: Product, catalog: Catalog) -> None:
    product.run("DROP VIEW totals; DROP TABLE apple; DROP TABLE zebra; DROP TABLE alembic_version")
    parts = [f"{part};" for part in SCHEMA.split(";") if part.strip()]
    product.run("".join([parts[5], parts[0], parts[1], parts[3], parts[2], parts[4]]))
    assert product.read().fingerprint == catalog.fingerprint


def test_a_removed_and_added_column_shows_as_order_only(product: Product, catalog: Catalog) -> None:
    product.run("ALTER TABLE zebra ADD COLUMN a text; ALTER TABLE zebra ADD COLUMN b text")
    before = product.read()
    product.run("ALTER TABLE zebra DROP COLUMN a; ALTER TABLE zebra ADD COLUMN a text")
    difference = diff(before, product.read())
    assert difference.same_meaning
    assert [item.facet for item in difference.differences] == [Facet.ORDER]
    assert difference.summary == "1 object differs: 1 changed (column order only)"


def test_difference_reads_well(product: Product, catalog: Catalog) -> None:
    product.run(
        "ALTER TABLE zebra ADD COLUMN tag text; DROP INDEX apple_tag_idx; DROP VIEW totals;"
        "CREATE TABLE melon (id integer PRIMARY KEY)"
    )
    text = diff(catalog, product.read()).render()
    lines = text.splitlines()
    assert lines[0] == "4 objects differ: 1 added, 1 removed, 2 changed"
    assert "    - index apple_tag_idx: on (tag DESC, zebra_id)" in lines
    assert lines[lines.index("~ table zebra") + 1].lower() == "    + column tag: type text"


def test_odd_names_survive(product: Product) -> None:
    quoted = ['"' + name.replace('"', '""') + '"' for name in ODD_NAMES]
    product.run(";".join(f"CREATE TABLE {name} (id integer PRIMARY KEY, {name} text)" for name in quoted))
    catalog = product.read()
    tables = [catalog.table(catalog.default_schema, name) for name in ODD_NAMES]
    assert [table.column(table.name).position for table in tables] == [2] * len(ODD_NAMES)
    assert [table.quoted for table in tables] == quoted


def test_quoted_names_can_be_used_in_sql(product: Product) -> None:
    product.run('CREATE TABLE "or""der" (id integer); CREATE TABLE plain_name (id integer)')
    product.run(";".join(f"DROP TABLE {table.quoted}" for table in product.read().tables))
    assert product.read().tables == ()
