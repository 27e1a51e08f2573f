"""Revisions meet filled tables, are observed while they do, and are blamed for nothing that is ours."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pytest_dbops.core.codec import from_json, to_compact_json
from pytest_dbops.core.observed import LockMode, ObservedStatement
from pytest_dbops.core.walk import Rows, Walk
from tests.migrations.conftest import MakeProject
from tests.migrations.defects import add, drop, sql, table
from tests.migrations.project import PRODUCTS, Project, Said, all_said, said_of

NEVER = 'sa.CheckConstraint("id > id", name="never")'
BLINDED = """
import sqlite3
driver = op.get_bind().connection.driver_connection
driver.set_authorizer(lambda action, name, *_: sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_READ and name.startswith("sqlite_") else sqlite3.SQLITE_OK)
try:
    op.execute("UPDATE one SET id = id")
finally:
    driver.set_authorizer(None)
"""


WalkOf = Callable[[str], Walk]


@pytest.fixture(scope="module")
def walks(make_project: MakeProject) -> WalkOf:
    """The walk over one history a product, made when it is first needed."""
    made: dict[str, Walk] = {}

    def walk(product: str) -> Walk:
        if product not in made:
            project = make_project(product)
            write(project)
            made[product] = project.walk()
        return made[product]

    return walk


def statements(walk: Walk, name: str) -> tuple[ObservedStatement, ...]:
    """Return what was seen of a revision."""
    revision = walk.revision(name)
    assert revision is not None
    assert revision.observation is not None
    return revision.observation.statements


def write(project: Project) -> None:
    """Write a history in which only one revision touches a table that takes no row."""
    column = 'sa.Column("name", sa.Text)'
    project.revision(
        "a", None, table("one", column) + table("shut", NEVER), 'op.drop_table("shut")\nop.drop_table("one")'
    )
    project.revision("b", "a", sql("INSERT INTO one (id) VALUES (1), (2), (3)"), sql("DELETE FROM one WHERE id < 4"))
    project.revision("c", "b", add("one", "extra"), drop("one", "extra"))
    project.revision("d", "c", add("shut", "extra"), drop("shut", "extra"))
    project.revision("e", "d", sql("UPDATE one SET name = 'x'"), "raise NotImplementedError('for good')")
    project.revision("f", "e", 'op.create_index("i", "one", ["name"])', 'op.drop_index("i", "one")')


@pytest.fixture(params=PRODUCTS)
def walk(request: pytest.FixtureRequest, walks: WalkOf) -> Walk:
    """The walk of a product."""
    return walks(request.param)


def test_rows_with_keys_of_their_own_find_them_free(walk: Walk) -> None:
    assert said_of(walk, "b") == []


def test_only_what_touches_a_table_without_rows_is_left_open(walk: Walk) -> None:
    unfilled = (
        "it touches what could not be filled: shut holds no row (no values were found that keep all its rules (never))"
    )
    assert all_said(walk).keys() == {"d", "e"}
    assert said_of(walk, "d") == [Said("keeps_data", f"inconclusive: {unfilled}")]


def test_irreversible_revision_is_charged_with_what_it_does_itself(walk: Walk) -> None:
    message = next(each.message for each in said_of(walk, "e") if each.of == "keeps_data")
    assert message.startswith("'e' is declared irreversible, and takes with it: one.name: ")


def test_coverage_of_every_table_is_told(walk: Walk) -> None:
    assert {each.table: each.is_filled for each in walk.coverage.tables} == {"one": True, "shut": False}
    assert "one.name" not in walk.coverage.summary
    assert walk.coverage.summary.startswith("1 of 2 tables filled, ")


def test_walk_stays_what_it_is_as_json(walk: Walk) -> None:
    assert from_json(Walk, json.loads(json.dumps(to_compact_json(walk)))) == walk


def test_every_upgrade_is_observed_with_its_line(walk: Walk) -> None:
    (statement,) = statements(walk, "f")
    assert (statement.sql, statement.line) == ("CREATE INDEX i ON one (name)", 15)


def test_locks_are_those_that_the_server_took(walks: WalkOf) -> None:
    (statement,) = statements(walks("postgresql"), "f")
    assert [(lock.mode, lock.relation) for lock in statement.locks if not lock.is_created_in_transaction] == [
        (LockMode.SHARE, "public.one")
    ]
    assert statement.scanned_tables == {"public.one"}


def test_part_of_the_rows_that_a_revision_changes_is_known(walks: WalkOf) -> None:
    (statement,) = statements(walks("postgresql"), "e")
    (changed,) = statement.changed
    assert (changed.share, changed.updated == changed.of_rows > 3) == (1.0, True)


def test_observing_that_breaks_is_no_fault_of_the_revision(sqlite_project: Project) -> None:
    sqlite_project.revision("a", None, table("one"), 'op.drop_table("one")')
    sqlite_project.revision("b", "a", BLINDED, "raise NotImplementedError('for good')")
    sqlite_project.revision("c", "b", table("two"), 'op.drop_table("two")')

    walk = sqlite_project.walk()

    said = said_of(walk, "b")
    assert [each.of for each in said] == ["locks"]
    assert said[0].message.startswith("inconclusive: observing the statement broke: ")
    assert said_of(walk, "c") == []


def test_next_revision_meets_all_rows_again(sqlite_project: Project) -> None:
    sqlite_project.revision("a", None, table("one", 'sa.Column("name", sa.Text)'), 'op.drop_table("one")')
    sqlite_project.revision("b", "a", 'op.create_index("i", "one", ["name"], unique=True)', 'op.drop_index("i", "one")')
    sqlite_project.revision("c", "b", sql("DELETE FROM one"), "raise NotImplementedError('for good')")
    sqlite_project.revision("d", "c", sql("UPDATE one SET name = id"), "pass")

    walk = sqlite_project.walk()

    met = {each.revision: each.met.rows for each in walk.revisions if each.met is not None}
    assert met == {"a": Rows.USUAL, "b": Rows.ORDINARY, "c": Rows.USUAL, "d": Rows.USUAL}
    assert [each.of for each in said_of(walk, "d")] == ["keeps_data"]


def test_rows_that_cannot_be_read_are_never_a_pass(postgresql_project: Project) -> None:
    postgresql_project.revision("a", None, table("one"), 'op.drop_table("one")')
    postgresql_project.revision(
        "b", "a", sql("REVOKE SELECT ON one FROM CURRENT_USER"), sql("GRANT SELECT ON one TO CURRENT_USER")
    )
    postgresql_project.revision("c", "b", add("one", "x"), drop("one", "x"))

    said = all_said(postgresql_project.walk())

    why = "inconclusive: rows cannot be made or read: permission denied for table one"
    assert said["c"] == [Said("keeps_data", why), Said("compatible", why)]


def test_rows_are_read_over_what_a_downgrade_left_to_be_judged_at_its_commit(postgresql_project: Project) -> None:
    deferred = "ALTER TABLE child ADD FOREIGN KEY (p) REFERENCES parent DEFERRABLE INITIALLY DEFERRED"
    guarded = [f"ALTER TABLE child {each} ROW LEVEL SECURITY" for each in ("ENABLE", "FORCE")]
    policy = "CREATE POLICY all_of_it ON child USING (true)"
    postgresql_project.revision(
        "a",
        None,
        table("parent") + table("child", 'sa.Column("p", sa.Integer)') + sql(deferred, *guarded, policy),
        'op.drop_table("child")\nop.drop_table("parent")',
    )
    pending = sql("INSERT INTO child VALUES (1)", "DELETE FROM child WHERE id = 1")
    postgresql_project.revision("b", "a", add("parent", "x"), drop("parent", "x") + pending)

    assert all_said(postgresql_project.walk()) == {}
