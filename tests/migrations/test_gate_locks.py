"""Locks are judged at the sizes of the target: those its statistics tell, else those of a file, else not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_dbops.core.observed.sizes import Sizes, TableSize, render_sizes
from pytest_dbops.core.scratch import ScratchServer
from tests.fix_postgres import ScratchDatabase
from tests.fix_project import GateProject
from tests.migrations.defects import table
from tests.migrations.project import ENV, Project, files_in

CONFIG = """
[project]
migrations = "migrations"

[env.staging]
url = "env:LOCKED_DATABASE_URL"
require = []

[env.staging.locks]
share = { rows = 3, ms = 0 }
"""
NOBODY = "postgresql://nobody@127.0.0.1:9/nothing"
FILLED = """
CREATE TABLE one (id integer PRIMARY KEY, name text);
INSERT INTO one SELECT n, 'x' FROM generate_series(1, 50) AS n;
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('a1');
ANALYZE one;
"""

REVISIONS = ("a1", "b2", "c3")
Judged = Callable[[str], dict[str, dict[str, Any]]]


@pytest.fixture
def judged(gate_project: GateProject, monkeypatch: pytest.MonkeyPatch, scratch_postgres: object) -> Judged:
    """A function that asks `locks` of three revisions on a target, and returns the results by revision."""
    gate_project.write("dbops.toml", CONFIG)
    history = Project(gate_project.path, "postgresql", files_in(gate_project.path))
    history.env(ENV)
    index = 'op.create_index("{0}", "one", ["name"])'
    history.revision("a1", None, table("one", 'sa.Column("name", sa.Text)') + index.format("i"), 'op.drop_table("one")')
    history.revision("b2", "a1", index.format("j"), 'op.drop_index("j", "one")')
    history.revision("c3", "b2", table("two"), 'op.drop_table("two")')

    def judge(url: str) -> dict[str, dict[str, Any]]:
        monkeypatch.setenv("LOCKED_DATABASE_URL", url)
        gate_project.run(
            "--dbops-env=staging",
            "--dbops-revisions=all",
            *(f"dbops.toml::migrations::locks[{name}]" for name in ("a1", "b2", "c3")),
        )
        return {each["case"]: each for each in gate_project.report("staging")["results"]}

    return judge


@pytest.fixture
def lent_server(scratch_postgres: ScratchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lend the gate our scratch server, which starts one of its own otherwise."""
    monkeypatch.setenv("SHADOW_DATABASE_URL", scratch_postgres.admin_url)


def test_pending_revision_is_judged_at_the_sizes_of_the_target(
    judged: Judged, postgres_database: ScratchDatabase
) -> None:
    with postgres_database.connect(autocommit=True) as connection:
        connection.execute(FILLED.encode())

    results = judged(postgres_database.url)

    assert {name: each["outcome"] for name, each in results.items()} == {
        "a1": "skipped",
        "b2": "failed",
        "c3": "passed",
    }
    assert results["a1"]["reason"] == "the target has it already"
    (finding,) = results["b2"]["findings"]
    assert finding["subject"] == "public.one"
    assert finding["message"].startswith(
        "'b2' (migrations/versions/b2.py:15): 'CREATE INDEX j ON one (name)' holds SHARE on public.one (50 rows)"
    )
    assert (results["b2"]["file"], results["b2"]["line"]) == ("migrations/versions/b2.py", 14)


@pytest.mark.usefixtures("lent_server")
def test_exported_sizes_stand_in_for_a_target_that_is_not_reached(judged: Judged, gate_project: GateProject) -> None:
    sizes = Sizes("staging", "postgresql", "2026-11-28T12:00:00+00:00", {"public.one": TableSize(5_000_000)})
    gate_project.write("staging.sizes.json", render_sizes(sizes))

    results = judged(NOBODY)

    assert {name: each["outcome"] for name, each in results.items()} == {
        "a1": "passed",
        "b2": "failed",
        "c3": "passed",
    }


@pytest.mark.usefixtures("lent_server")
def test_without_sizes_only_what_needs_them_is_inconclusive(judged: Judged) -> None:
    results = judged(NOBODY)

    assert {name: each["outcome"] for name, each in results.items()} == {
        "a1": "passed",
        "b2": "inconclusive",
        "c3": "passed",
    }
    assert "dbops migrate stats export --env staging" in results["b2"]["reason"]
