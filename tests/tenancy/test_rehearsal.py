"""The gate tries a project's tenants on a scratch database, once for as long as nothing of it changes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_dbops.config.load import load_config
from pytest_dbops.config.resolve import find_environment
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.core.tenancy import Isolation
from pytest_dbops.operations.embedded import drop_embedded
from pytest_dbops.operations.runs import Run
from pytest_dbops.operations.tenancy.rehearse import rehearse_isolation
from tests.operations.conftest import ENV, REVISION

CONFIG = """
[project]
metadata = "firm_models:metadata"
migrations = "migrations"
seeders = "firm_seeds"

[tenancy]
column = "firm_id"
setting = "app.firm"
role = "shop_clerk"

[env.development]
url = "embedded:sqlite"

[env.testing]
url = "embedded:postgresql"
"""
MODELS = """
from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()
Table("sale", metadata, Column("firm_id", Integer, primary_key=True), Column("id", Integer, primary_key=True))
"""
SEEDS = """
from sqlalchemy import text
from pytest_dbops import seeder


@seeder("sales", tables=("sale",), scope="organization")
def sales(context):
    if context.dialect == "postgresql":
        context.connection.execute(text(f"SELECT set_config('app.firm', '{context.organization}', true)"))
    context.insert("sale", [{"firm_id": context.organization, "id": number} for number in (1, 2)])
"""
TABLE = """op.create_table("sale", sa.Column("firm_id", sa.Integer), sa.Column("id", sa.Integer),
        sa.PrimaryKeyConstraint("firm_id", "id"))
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE sale ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute("CREATE POLICY own ON sale USING (firm_id::text = current_setting('app.firm', true))")"""
TRYING = "trying tenants against each other on a scratch database"


@pytest.fixture
def firm(tmp_path: Path) -> Path:
    """A project of two firms and one table."""
    revision = REVISION.format(doc="all", revision="r1", down=None, labels=None, depends=None, upgrade=TABLE)
    for name, source in (
        ("dbops.toml", CONFIG),
        ("firm_models.py", MODELS),
        ("firm_seeds/firm.py", SEEDS),
        ("migrations/env.py", ENV),
        ("migrations/versions/r1.py", revision),
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    return tmp_path


def rehearsed(firm: Path, environment: str) -> tuple[Isolation, bool]:
    """Return what came of it, and whether it was tried now."""
    config = load_config(firm / "dbops.toml", variables={}, today=datetime.now(UTC).date(), mask=SecretMask())
    told: list[str] = []
    run = Run(None)
    try:
        found = rehearse_isolation(config, find_environment(config, environment), told.append, run)
        return found, TRYING in told
    finally:
        run.end(lambda owned: drop_embedded(owned, config))


@pytest.mark.usefixtures("scratch_postgres")
@pytest.mark.parametrize(("environment", "mutants"), [("development", 4), ("testing", 10)])
def test_a_trial_is_kept_until_something_of_it_changes(firm: Path, environment: str, mutants: int) -> None:
    found, was_tried = rehearsed(firm, environment)
    assert (found.leaks, found.unproved, found.survivors, was_tried) == ((), (), (), True)
    assert (found.tenants, len(found.mutants)) == (("1", "2"), mutants)
    assert rehearsed(firm, environment) == (found, False)
    with (firm / "dbops.toml").open("a", encoding="utf-8") as file:
        file.write('[access.roles.shop_clerk]\nattributes = ["login"]\n')
    assert rehearsed(firm, environment) == (found, True)
    revision = firm / "migrations" / "versions" / "r1.py"
    revision.write_text(revision.read_text(encoding="utf-8") + "# another\n", encoding="utf-8")
    assert rehearsed(firm, environment) == (found, True)


@pytest.mark.usefixtures("scratch_postgres")
@pytest.mark.parametrize("environment", ["development", "testing"])
def test_rows_are_generated_where_there_are_no_seeders(firm: Path, environment: str) -> None:
    without = CONFIG.replace('seeders = "firm_seeds"\n', "").replace('metadata = "firm_models:metadata"\n', "")
    (firm / "dbops.toml").write_text(without, encoding="utf-8")
    found, _ = rehearsed(firm, environment)
    assert (found.leaks, found.unproved, found.survivors) == ((), (), ())
    assert found.mutants


def test_seeds_of_one_tenant_alone_cannot_be_judged(firm: Path) -> None:
    alone = SEEDS.replace(', scope="organization"', "").replace("context.organization", "1")
    (firm / "firm_seeds" / "firm.py").write_text(alone, encoding="utf-8")
    with pytest.raises(CannotJudge, match="rows of 1 tenants, two are needed"):
        rehearsed(firm, "development")


def test_column_that_no_table_has_cannot_be_judged(firm: Path) -> None:
    (firm / "dbops.toml").write_text(CONFIG.replace('"firm_id"', '"firm"'), encoding="utf-8")
    with pytest.raises(CannotJudge, match="has no table of a tenant"):
        rehearsed(firm, "development")
