"""A dry run rehearses on a copy of the target's own schema: drift, rows, locks and time show before a deploy does."""

from __future__ import annotations

from contextlib import closing

import pytest

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.core.scratch import ScratchServer
from tests.cli.migrations import Migrations
from tests.cli.test_migrate_deploy import deploy, fates, on_postgresql

MADE = (
    'op.create_table("book", sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.String(40)),'
    ' sa.Column("pages", sa.Integer))'
)
FILL = {
    "postgresql": "INSERT INTO book SELECT n, 'title ' || n, n FROM generate_series(1, 3000) AS n",
    "sqlite": "INSERT INTO book WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 3000)"
    " SELECT n, 'title ' || n, n FROM s",
}


def test_revision_is_forecast_at_the_rows_of_the_target_and_later_commands_tell_it(
    migrations: Migrations, dialect: str, own_scratch: None
) -> None:
    migrations.revision("r1", upgrade=MADE, downgrade='op.drop_table("book")')
    deploy(migrations)
    migrations.sql(FILL[dialect], "ANALYZE")
    migrations.revision(
        "r2", "r1", upgrade='op.create_index("ix_pages", "book", ["pages"])', downgrade='op.drop_index("ix_pages")'
    )

    answer = migrations.dbops("deploy", "--env", "staging", "--dry-run", "--format", "json")

    assert (answer.code, fates(answer.json)) == (0, [("r2", "applied")])
    assert (answer.json["drift"], answer.json["findings"], answer.json["unjudged"]) == ([], [], [])
    (forecast,) = answer.json["forecasts"]["revisions"]
    whole = forecast["whole"]
    assert (forecast["unknown"], whole["rows"], whole["measured_rows"] > 2000) == ("", 3000, True)
    assert 0 <= whole["low_ms"] <= whole["ms"] <= whole["high_ms"] < 10_000
    assert [each["sql"] for each in forecast["statements"]] == ["CREATE INDEX ix_pages ON book (pages)"]
    assert answer.json["forecasts"]["hardware"].startswith("scratch ")
    status = migrations.dbops("status", "--env", "staging")
    assert "at 3,000 rows" in status.out
    assert "as measured at" in status.out
    sql = migrations.dbops("sql", "--env", "staging")
    assert sql.out.startswith("-- r2: it will take about")
    migrations.revision("r2", "r1", upgrade='op.create_index("ix_title", "book", ["title"])')
    assert "as measured at" not in migrations.dbops("status", "--env", "staging").out


def test_first_deploy_is_told_as_a_rehearsal_and_an_empty_database_has_not_drifted(
    migrations: Migrations, dialect: str, own_scratch: None
) -> None:
    migrations.revision("r1", upgrade=MADE, downgrade='op.drop_table("book")')

    answer = migrations.dbops("deploy", "--env", "staging", "--dry-run")

    assert answer.code == 0
    assert [line for line in answer.out.splitlines() if line.startswith("drift")] == []
    assert [line.split()[:2] for line in answer.out.splitlines() if line.startswith("r1 ")] == [["r1", "rehearsed"]]


def test_drift_of_the_target_is_named_with_the_revision_that_meets_it(
    migrations: Migrations, dialect: str, own_scratch: None
) -> None:
    migrations.revision("r1", upgrade=MADE, downgrade='op.drop_table("book")')
    deploy(migrations)
    migrations.sql("ALTER TABLE book ADD COLUMN isbn text")
    migrations.revision("r2", "r1", upgrade='op.add_column("book", sa.Column("isbn", sa.Text))')

    answer = migrations.dbops("deploy", "--env", "staging", "--dry-run", "--format", "json")

    assert (answer.code, fates(answer.json)) == (1, [("r2", "failed")])
    assert "revision r2 (migrations/versions/r2.py:13) fails on the target's own schema" in answer.json["problem"]
    assert "'ALTER TABLE book ADD COLUMN isbn TEXT'; the target has drifted in book" in answer.json["problem"]
    assert [each["subject"] for each in answer.json["drift"]] == ["book"]
    assert [(each["part"], each["change"]) for each in answer.json["drift"][0]["difference"]["differences"]] == [
        ("column isbn", "added")
    ]


def test_row_that_any_table_holds_stops_a_dry_run_as_it_would_the_deploy(
    migrations: Migrations, dialect: str, own_scratch: None
) -> None:
    migrations.revision("r1", upgrade=MADE, downgrade='op.drop_table("book")')
    deploy(migrations)
    column = 'sa.Column("isbn", sa.Text, nullable=False)'
    migrations.revision(
        "r2", "r1", upgrade=f'with op.batch_alter_table("book") as b:\n        b.add_column({column})',
        downgrade='with op.batch_alter_table("book") as b:\n        b.drop_column("isbn")',
    )  # fmt: skip

    answer = migrations.dbops("deploy", "--env", "staging", "--dry-run", "--format", "json")

    assert answer.code == 1
    assert "MIG005" in {each["code"] for each in answer.json["findings"]}


@on_postgresql
def test_copy_has_extensions_roles_of_policies_and_all_that_hangs_on_them(
    migrations: Migrations, scratch_postgres: ScratchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHADOW_DATABASE_URL", scratch_postgres.admin_url)
    migrations.revision("r1", upgrade=MADE, downgrade='op.drop_table("book")')
    deploy(migrations)
    schema, role = "tools", "reader_of_books"
    with closing(connect_admin(scratch_postgres.admin_url)) as admin:
        admin.execute(f"CREATE ROLE {role}")
    migrations.sql(
        f"CREATE SCHEMA IF NOT EXISTS {schema}", f"CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA {schema}",
        f"ALTER TABLE book ADD COLUMN word {schema}.citext",
        "ALTER TABLE book ENABLE ROW LEVEL SECURITY", f"CREATE POLICY own ON book TO {role} USING (id > 0)",
        "CREATE FUNCTION two() RETURNS integer LANGUAGE sql AS 'SELECT 2'",
        "CREATE VIEW twice AS SELECT id * two() AS n FROM book",
    )  # fmt: skip
    migrations.revision("r2", "r1", upgrade='op.execute("ALTER TABLE book ALTER COLUMN pages TYPE bigint")',
                        downgrade='op.execute("ALTER TABLE book ALTER COLUMN pages TYPE integer")')  # fmt: skip
    try:
        answer = migrations.dbops("deploy", "--env", "staging", "--dry-run", "--format", "json")
    finally:
        migrations.sql("DROP POLICY own ON book")
        with closing(connect_admin(scratch_postgres.admin_url)) as admin:
            admin.execute(f"DROP ROLE {role}")

    assert (answer.code, fates(answer.json)) == (0, [("r2", "applied")])
    assert {each["subject"] for each in answer.json["drift"]} >= {"book", "view twice", "function two()"}
