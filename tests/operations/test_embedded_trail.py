"""An embedded environment that is audited is built with its trail: exact for bulk statements, sealed, and verified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_dbops.backends import audit_for, backend_for
from pytest_dbops.core.audit.verifying import verify_trail
from pytest_dbops.core.environment import Expectation
from pytest_dbops.operations.build import Built, stamp_of
from pytest_dbops.operations.build_orders import build_order
from pytest_dbops.operations.embedded import drop_embedded
from pytest_dbops.operations.fixtures.source import find_source
from pytest_dbops.operations.runs import Run
from tests.fix_targets import PATIENT
from tests.operations.conftest import History
from tests.operations.embedding import Shop

ROWS = 300
ENVIRONMENTS = ("development", "testing")
CONFIG = """
[project]
migrations = "migrations"
metadata = "shop_models:metadata"
seeders = "seeds"

[env.development]
auditing = true

[env.testing]
auditing = true

[audit]
tables = ["sold", "nothing_of_this_name"]
"""
TABLE = "op.create_table('sold', sa.Column('id', sa.Integer, primary_key=True), sa.Column('what', sa.Text))"
MODELS = """
from sqlalchemy import Column, Integer, MetaData, Table, Text
metadata = MetaData()
Table("sold", metadata, Column("id", Integer, primary_key=True), Column("what", Text))
"""
SEEDER = f"""
from sqlalchemy import text
from pytest_dbops import seeder

@seeder("sold", tables=("sold",), clean=lambda context: None)
def sold(context):
    context.load("sold", {{"id": range({ROWS}), "what": "thing"}})
    context.connection.execute(text("UPDATE sold SET what = 'other' WHERE id < 120"))
    context.connection.execute(text("DELETE FROM sold WHERE id >= 290"))
"""


@pytest.fixture
def shop(history: History, request: pytest.FixtureRequest) -> Shop:
    history.write("dbops.toml", CONFIG)
    history.write("shop_models.py", MODELS)
    history.write("seeds/sold.py", SEEDER)
    history.revision("r1", None, TABLE)
    return Shop(history, {"SHADOW_DATABASE_URL": request.getfixturevalue("scratch_postgres").admin_url})


@pytest.fixture
def run(shop: Shop) -> Iterator[Run]:
    made = Run(None)
    made.get()
    yield made
    made.end(lambda owned: drop_embedded(owned, shop.config))


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_trail_is_there_before_the_first_row_and_sealed_after_the_last(shop: Shop, run: Run, name: str) -> None:
    url, dialect = shop.url(name, run), shop.config.environments[name].dialect
    opened = backend_for(dialect).open_session(url, limits=PATIENT, expect=Expectation(), application="tests")
    with opened as session:
        trail = audit_for(dialect).trail(session)
        verified, entries = verify_trail(trail), trail.entries(0, 10 * ROWS, 10 * ROWS)
        session.close()
    assert Counter(each.operation for each in entries) == {"INSERT": ROWS, "UPDATE": 120, "DELETE": 10}
    assert (verified.entries, verified.waiting.entries, list(verified.faults)) == (ROWS + 130, 0, [])
    assert [line for line in shop.told if "trail" in line][-1] == f"audit trail sealed: {ROWS + 130} entries"


def test_rules_and_month_are_part_of_what_a_database_is_kept_by(shop: Shop) -> None:
    config = shop.config
    order = build_order(config, config.environments["testing"])
    assert order.audit is not None
    others = (
        replace(order, month="1999-12"),
        replace(order, audit=replace(order.audit, mask=("sold.what",))),
        replace(order, audit=None),
    )
    built = Built((), (), (), ())
    assert len({stamp_of(each, built) for each in (order, *others)}) == 4


def test_databases_of_tests_have_no_trail(shop: Shop) -> None:
    for name in ENVIRONMENTS:
        source = find_source(Path(shop.path), variables=shop.variables, environment=name)
        assert (source.order.audit, source.order.month) == (None, "")
