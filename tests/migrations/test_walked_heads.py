"""The schema at the heads that a walk hands over is the one that running the history makes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from unittest.mock import patch

import pytest

from pytest_dbops.core.catalog import Catalog, diff
from pytest_dbops.core.catalog.drift import Drifts, drift
from pytest_dbops.operations import child
from pytest_dbops.operations.gate import GateRequest
from pytest_dbops.operations.health import check_health
from pytest_dbops.operations.migrations import drifting, incremental
from pytest_dbops.operations.migrations.head_schema import read_schema
from tests.fix_project import GateProject
from tests.migrations.defects import add, table
from tests.migrations.project import ENV, Project, files_in

CONFIG = """
[project]
migrations = "migrations"
metadata   = "models:metadata"
{baseline}

[env.staging]
url     = "{url}"
dialect = "{product}"
require = []
"""
MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table("one", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("said", sa.Text))
"""
DRIFT = "MIG008"
OF_SCHEMAS = ("MIG001", "MIG002", "MIG003", DRIFT)


class Shop:
    """A project of three revisions on one product, the models of which lack a column."""

    def __init__(self, project: GateProject, product: str, url: str) -> None:
        self.path, self.product = project.path, product
        project.write("dbops.toml", CONFIG.format(baseline="", product=product, url=url))
        project.write("models.py", MODELS)
        project.sql("SELECT 1", "target.sqlite3")
        self.history = Project(project.path, "", files_in(project.path))
        self.history.env(ENV)
        self.history.revision("a1", None, table("one"), 'op.drop_table("one")')
        self.history.revision("b2", "a1", add("one", "said"), 'op.drop_column("one", "said")')
        self.history.revision("c3", "b2", add("one", "more"), 'op.drop_column("one", "more")')

    def ask(self, *codes: str, is_fresh: bool = True, revisions: str = "all") -> dict[str, list[str]]:
        """Run checks; returns what the one of drift says, its findings and its reason."""
        request = GateRequest(
            self.path / "dbops.toml", "staging", dict(os.environ), datetime.now(UTC), is_fresh=is_fresh,
            revisions=revisions,
        )  # fmt: skip
        report, _ = check_health(request, codes=codes, progress=lambda _: None)
        return {
            each.code: [*(finding.message for finding in each.findings), each.reason]
            for each in report.results
            if each.code == DRIFT
        }


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, gate_project: GateProject, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The project on each product."""
    if request.param == "sqlite":
        return Shop(gate_project, "sqlite", "sqlite:///target.sqlite3")
    monkeypatch.setenv("SHOP_URL", request.getfixturevalue("postgres_database").url)
    return Shop(gate_project, "postgresql", "env:SHOP_URL")


@pytest.fixture
def sqlite_shop(gate_project: GateProject) -> Shop:
    """The project on SQLite."""
    return Shop(gate_project, "sqlite", "sqlite:///target.sqlite3")


class Noted:
    """What a run has made: the processes it started and databases it walked or replayed on."""

    def __init__(self) -> None:
        self.modules: list[str] = []
        self.walked: list[Catalog] = []
        self.replayed: list[Catalog] = []

    @property
    def processes(self) -> list[str]:
        """The processes, by what they do; that which looks for encrypted columns has no part in this."""
        return sorted(each.rpartition(".")[2] for each in self.modules if not each.endswith("columns_child"))


@contextmanager
def noted() -> Iterator[Noted]:
    """Note what is started and read; all is run as ever."""
    found = Noted()
    start: Callable[..., object] = child.start

    def starting(module: str, **named: object) -> object:
        found.modules.append(module)
        return start(module, **named)

    def reading(into: list[Catalog]) -> Callable[..., Catalog]:
        def read(*arguments: object) -> Catalog:
            into.append(read_schema(*arguments))  # type: ignore[arg-type]  # as it was called
            return into[-1]

        return read

    with ExitStack() as patches:
        patches.enter_context(patch.object(child, "start", starting))
        patches.enter_context(patch.object(incremental, "read_schema", reading(found.walked)))
        patches.enter_context(patch.object(drifting, "read_schema", reading(found.replayed)))
        yield found


def schema(catalog: Catalog) -> Catalog:
    """Return the schema without alembic's table, which the walk leaves out."""
    return drifting.without_what_comes_along(drifting.without_tables(catalog, {("", "alembic_version")}))


def test_schema_that_the_walk_hands_over_is_the_one_that_a_replay_makes(shop: Shop) -> None:
    with noted() as replay:
        of_replay = shop.ask(DRIFT)
    with noted() as walk:
        of_walk = shop.ask(*OF_SCHEMAS)

    head, _ = replay.replayed
    (walked,) = walk.walked
    assert of_walk == of_replay
    assert drift(diff(schema(head), schema(walked)), ()) == Drifts()
    assert "more" in of_walk[DRIFT][0]
    assert replay.processes == ["schema_child", "schema_child"]
    assert walk.processes == ["schema_child", "walk_child"]  # that of the models, and the walk


def test_drift_that_is_asked_before_the_walk_waits_for_it(sqlite_shop: Shop) -> None:
    with noted() as found:
        sqlite_shop.ask(DRIFT, "MIG001")

    assert found.processes == ["schema_child", "walk_child"]


@pytest.mark.parametrize("options", [(), ("--dbops-fresh",)])
def test_workers_of_one_run_make_the_schema_once(
    options: tuple[str, ...], sqlite_shop: Shop, gate_project: GateProject
) -> None:
    pytest.importorskip("xdist")
    log = gate_project.path.with_suffix(".log")
    sqlite_shop.history.env(f"open({str(log)!r}, 'a').write('run ')\n{ENV}")
    items = [f"dbops.toml::migrations::{name}" for name in ("applies", "reapplies", "model_drift")]

    gate_project.run_apart("--dbops-env=staging", "--dbops-revisions=all", *options, *items, "-n", "2")

    assert log.read_text() == "run "
    outcomes = {each["id"].partition("[")[0]: each["outcome"] for each in gate_project.report()["results"]}
    assert outcomes == {
        "migrations::applies": "passed", "migrations::reapplies": "passed", "migrations::model_drift": "failed",
    }  # fmt: skip


def test_schema_taken_from_the_walk_is_kept_for_the_next_run(sqlite_shop: Shop) -> None:
    first = sqlite_shop.ask(*OF_SCHEMAS)
    with noted() as found:
        again = sqlite_shop.ask(*OF_SCHEMAS, is_fresh=False)

    assert (again, found.processes) == (first, ["schema_child"])


def test_walk_of_the_last_revision_alone_hands_over_the_schema_too(sqlite_shop: Shop) -> None:
    with noted() as found:
        of_walk = sqlite_shop.ask(*OF_SCHEMAS, revisions="last:1")

    assert (of_walk, found.processes) == (sqlite_shop.ask(DRIFT), ["schema_child", "walk_child"])


def test_walk_over_rows_hands_over_nothing(sqlite_shop: Shop) -> None:
    sqlite_shop.history.revision(
        "c3", "b2",
        "if op.get_bind().scalar(sa.text('SELECT count(*) FROM one')):\n    " + add("one", "of_rows"),
        "pass",
    )  # fmt: skip

    with noted() as found:
        of_walk = sqlite_shop.ask("MIG005", DRIFT)

    assert (of_walk, of_walk[DRIFT], found.walked) == (sqlite_shop.ask(DRIFT), [""], [])


def test_history_whose_last_revision_fails_is_no_schema_of_the_walk(sqlite_shop: Shop) -> None:
    sqlite_shop.history.revision("c3", "b2", add("gone", "more"), "pass")

    with noted() as found:
        of_walk = sqlite_shop.ask(*OF_SCHEMAS)

    assert (of_walk, found.walked) == (sqlite_shop.ask(DRIFT), [])
    assert "c3" in of_walk[DRIFT][0]


def test_downgrade_that_leaves_something_behind_is_no_schema_of_the_walk(shop: Shop) -> None:
    leaves = f"with op.get_context().autocommit_block():\n    {table('left')}"
    shop.history.revision("c3", "b2", add("one", "more"), f'op.drop_column("one", "more")\n{leaves}')

    with noted() as found:
        of_walk = shop.ask(*OF_SCHEMAS)

    assert (of_walk, len(of_walk[DRIFT])) == (shop.ask(DRIFT), 2)
    assert ["left" in {each.name for each in one.tables} for one in found.walked] == [False] * len(found.walked)
    assert len(found.walked) == (shop.product == "sqlite")  # its file was put back


def test_history_with_two_heads_hands_over_the_schema_at_both(shop: Shop) -> None:
    shop.history.revision("d4", "b2", table("two"), 'op.drop_table("two")')

    with noted() as found:
        of_walk = shop.ask(*OF_SCHEMAS)
    with noted() as of_one:
        shop.ask(*OF_SCHEMAS, revisions="d4")

    assert of_walk == shop.ask(DRIFT)
    assert [{each.name for each in one.tables} >= {"one", "two"} for one in found.walked] == [True]
    assert of_one.walked == []  # the other head was not put in


def test_baseline_is_part_of_the_schema_that_is_handed_over(sqlite_shop: Shop) -> None:
    (sqlite_shop.path / "baseline.sql").write_text(
        "CREATE TABLE one (id INTEGER NOT NULL PRIMARY KEY, said TEXT); CREATE TABLE old (id INTEGER PRIMARY KEY);"
    )
    text = (sqlite_shop.path / "dbops.toml").read_text()
    baseline = 'baseline = "baseline.sql"\nfirst_revision = "c3"\n\n[env.staging]'
    (sqlite_shop.path / "dbops.toml").write_text(text.replace("[env.staging]", baseline))

    with noted() as found:
        of_walk = sqlite_shop.ask(*OF_SCHEMAS)

    assert (of_walk, found.processes) == (sqlite_shop.ask(DRIFT), ["schema_child", "walk_child"])
    assert "old" in " ".join(of_walk[DRIFT])
