"""The gate tries a project's seeds on a scratch database, and holds the target's reference rows against them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.config.load import load_config
from pytest_dbops.config.resolve import find_environment
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.core.seed_rehearsal import LedgerRow, SeedRehearsal
from pytest_dbops.core.session import Limits
from pytest_dbops.operations.embedded import drop_embedded
from pytest_dbops.operations.runs import Run
from pytest_dbops.operations.seeding.rehearse import compare_reference, read_seed_ledger, rehearse_seeds
from tests.operations.conftest import ENV, REVISION

CONFIG = """
[project]
metadata = "shop_models:metadata"
migrations = "migrations"
seeders = "shop_seeds"

[env.development]
url = "embedded:sqlite"

[env.testing]
url = "embedded:postgresql"
"""
MODELS = """
from sqlalchemy import Column, Integer, MetaData, Table, Text

metadata = MetaData()
for name in ("unit", "item", "sale"):
    Table(name, metadata, Column("id", Integer, primary_key=True), Column("name", Text))
"""
SEEDS = """
import uuid
from pytest_dbops import seeder


@seeder("units", tables=("unit",), is_reference=True, clean=lambda context: context.delete("unit"))
def units(context):
    context.insert("unit", [{"id": 1, "name": "piece"}, {"id": 2, "name": "hour"}])


@seeder("items", tables=("item",), depends_on=("units",), clean=lambda context: context.delete("item", id=1))
def items(context):
    context.insert("item", [{"id": 1, "name": "kept"}, {"id": 2, "name": "left"}])


@seeder("sales", tables=("sale",), clean=lambda context: context.delete("sale"))
def sales(context):
    context.insert("sale", [{"id": 1, "name": str(uuid.uuid4())}])
"""
TABLES = "; ".join(
    f'op.create_table("{name}", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))'
    for name in ("unit", "item", "sale")
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project whose seeds draw from chance, and whose `clean` forgets a row."""
    for name, source in (
        ("dbops.toml", CONFIG),
        ("shop_models.py", MODELS),
        ("shop_seeds/shop.py", SEEDS),
        ("migrations/env.py", ENV),
        (
            "migrations/versions/r1.py",
            REVISION.format(doc="all", revision="r1", down=None, labels=None, depends=None, upgrade=TABLES),
        ),
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    return tmp_path


def rehearsed(shop: Path, environment: str) -> tuple[SeedRehearsal, list[str]]:
    config = load_config(shop / "dbops.toml", variables={}, today=datetime.now(UTC).date(), mask=SecretMask())
    told: list[str] = []
    run = Run(None)
    try:
        return rehearse_seeds(config, find_environment(config, environment), told.append, run), told
    finally:
        run.end(lambda owned: drop_embedded(owned, config))


@pytest.mark.usefixtures("scratch_postgres")
@pytest.mark.parametrize("environment", ["development", "testing"])
def test_chance_and_forgotten_rows_are_found_and_kept_until_a_file_changes(environment: str, shop: Path) -> None:
    found, told = rehearsed(shop, environment)
    assert (found.unfit, found.failed, found.unlike) == ((), "", ("sale",))
    assert found.again == ("item: `clean` leaves 1 rows",)
    assert [(table.name, [key for key, _ in table.rows]) for table in found.reference] == [("unit", ["id=1", "id=2"])]
    assert "trying the seeds on a scratch database" in told
    kept, told = rehearsed(shop, environment)
    assert (kept, "trying the seeds on a scratch database" in told) == (found, False)


def test_seeds_of_a_project_without_a_history_are_tried_on_the_tables_of_its_models(shop: Path) -> None:
    (shop / "dbops.toml").write_text(CONFIG.replace('migrations = "migrations"\n', ""), encoding="utf-8")
    found, _ = rehearsed(shop, "development")
    assert (found.unfit, found.failed, found.unlike) == ((), "", ("sale",))


def test_seeders_that_do_not_fit_or_fail_are_told(shop: Path) -> None:
    seeds = shop / "shop_seeds" / "shop.py"
    seeds.write_text(SEEDS.replace('"name": "piece"', '"name": object()'), encoding="utf-8")
    assert rehearsed(shop, "development")[0].failed.startswith("seeder 'units' fails: ")
    seeds.write_text(
        SEEDS.replace('tables=("sale",)', 'tables=("sales",)') + "# of another size, as byte code is told by that\n",
        encoding="utf-8",
    )
    assert rehearsed(shop, "development")[0].unfit == (
        "seeder 'sales': table 'sales' is not in the project's metadata; did you mean 'sale'?",
    )


def test_reference_rows_and_ledger_of_a_target_are_compared(shop: Path, tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    reference = rehearsed(shop, "development")[0].reference
    file = tmp_path / "target.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "CREATE TABLE unit (id INTEGER PRIMARY KEY, name TEXT);"
            " INSERT INTO unit VALUES (1, 'Piece'), (3, 'metre');"
            " CREATE TABLE dbops_seeded (seeder, organization, row_count, at, scale);"
            " INSERT INTO dbops_seeded VALUES ('sales', 0, 1, 'then', '{}'), ('units', 0, 2, 'then', '');"
        )
    limits = Limits(connect_timeout_s=5, statement_timeout_s=5, lock_timeout_s=5)
    opened = backend_for("sqlite").open_session(
        f"sqlite:///{file}", limits=limits, expect=Expectation(), application="tests"
    )
    with opened as session:
        differences = compare_reference(reference, session).differences
        assert differences == (("unit", "id=1", "differs"), ("unit", "id=2", "missing"), ("unit", "id=3", "extra"))
        assert read_seed_ledger(session).rows == (LedgerRow("sales", 0, 1, "then"),)
