"""The history grows the schema, each revision can be taken back, and models say what is there."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from alembic import command
from alembic.script import Script, ScriptDirectory
from sqlalchemy import inspect, text

from accounting.models import metadata
from tests.application.conftest import Home
from tests.application.history import alembic_config, downgrade, revisions, upgrade, walk
from tests.application.schema_text import read_schema


def test_history_has_one_head_and_one_merge_of_two_branches() -> None:
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    merges = [revision for revision in revisions() if revision.is_merge_point]
    branchings = [revision for revision in revisions() if revision.is_branch_point]
    assert script.get_heads() == ["904be1c7"]
    assert [revision.revision for revision in merges] == ["d93e1f7b"]
    assert [revision.revision for revision in branchings] == ["5ad3f901"]


def test_upgrade_makes_every_table_of_the_models(empty_home: Home) -> None:
    upgrade(empty_home.url)
    tables = set(inspect(empty_home.engine()).get_table_names())
    assert set(metadata.tables) <= tables


def test_models_equal_the_migrated_schema(empty_home: Home) -> None:
    upgrade(empty_home.url)
    command.check(alembic_config(empty_home.url))


def test_downgrade_to_base_leaves_nothing(empty_home: Home) -> None:
    upgrade(empty_home.url)
    downgrade(empty_home.url)
    assert read_schema(empty_home.url) == []


def test_each_revision_goes_up_down_and_up_to_equal_schemas(empty_home: Home) -> None:
    seen: dict[str, dict[str, Any]] = defaultdict(dict)

    def note(revision: Script, step: str, schema: Any) -> None:
        seen[revision.revision][step] = schema

    walk(empty_home.url, lambda: read_schema(empty_home.url), note)
    not_reversed = [name for name, steps in seen.items() if steps["before"] != steps["down"]]
    not_repeated = [name for name, steps in seen.items() if steps["up"] != steps["up again"]]
    assert (len(seen), not_reversed, not_repeated) == (len(revisions()), [], [])


def test_a_filled_database_can_be_taken_back_to_base(seeded_home: Home) -> None:
    downgrade(seeded_home.url)
    assert read_schema(seeded_home.url) == []


def test_taking_back_wallet_payments_records_them_as_card_payments(seeded_home: Home) -> None:
    downgrade(seeded_home.url, "d93e1f7b")
    with seeded_home.superuser_engine().connect() as connection:
        methods = connection.scalars(text("SELECT CAST(method AS text) FROM payment ORDER BY id")).all()
    assert methods[6] == "card"
    assert "wallet" not in methods


def test_customers_language_follows_their_country_under_row_security_and_audit(empty_home: Home) -> None:
    upgrade(empty_home.url, "41fd8a3e")
    upgrade(empty_home.url, "c2d84e6f")
    with empty_home.superuser_engine().begin() as connection:
        for statement in COUNTRY_AND_CUSTOMERS:
            connection.execute(text(statement))
    entries_before = _count(empty_home, "audit_log")
    upgrade(empty_home.url, "head")
    with empty_home.superuser_engine().connect() as connection:
        languages = connection.scalars(text("SELECT language FROM customer ORDER BY id")).all()
    assert languages == ["de", "en"]
    assert _count(empty_home, "audit_log") == entries_before


def test_offline_mode_writes_the_whole_history_as_sql(capsys: pytest.CaptureFixture[str]) -> None:
    config = alembic_config("postgresql+psycopg://nobody@localhost/nowhere")
    command.upgrade(config, "head", sql=True)
    sql = capsys.readouterr().out
    assert "CREATE INDEX CONCURRENTLY ix_invoice_open_by_due_day" in sql
    assert "ALTER TABLE invoice FORCE ROW LEVEL SECURITY" in sql


def test_a_missing_url_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(SystemExit, match="set DATABASE_URL"):
        command.upgrade(alembic_config(""), "head")


def test_a_connection_can_be_handed_in(empty_home: Home) -> None:
    config = alembic_config("")
    with empty_home.engine().connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    assert "invoice" in inspect(empty_home.engine()).get_table_names()


COUNTRY_AND_CUSTOMERS = (
    "INSERT INTO country (code2, code3, name, eu) VALUES ('AT', 'AUT', 'Austria', (1 = 1))",
    "INSERT INTO country (code2, code3, name, eu) VALUES ('US', 'USA', 'USA', (1 = 0))",
    "INSERT INTO currency (code, minor_units, smallest_amount, name) VALUES ('EUR', 2, 1, 'Euro')",
    "INSERT INTO organization (id, slug, legal_name, country_code, base_currency, fiscal_year_start, status)"
    " VALUES (1, 'one', 'One', 'AT', 'EUR', 1, 'active')",
    "INSERT INTO customer (org_id, id, number, kind, name, country_code) VALUES (1, 1, 1, 'person', 'A', 'AT')",
    "INSERT INTO customer (org_id, id, number, kind, name, country_code) VALUES (1, 2, 2, 'person', 'B', 'US')",
)


def _count(home: Home, table: str) -> int:
    with home.superuser_engine().connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)
