"""Rows that are changed behind the back of everything that counts statements are missed no less than others."""

from __future__ import annotations

import pytest

from tests.migrations.conftest import MakeProject
from tests.migrations.project import PRODUCTS, Project, said_of

TABLE = "op.create_table('{0}', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.Text))"
COLUMN = "op.add_column('{0}', sa.Column('more{1}', sa.Text))"
BACK = "op.drop_column('{0}', 'more{1}')\n"
RAW = "cursor = op.get_bind().connection.cursor()\ncursor.execute(\"UPDATE one SET name = 'x'\")\ncursor.close()"
TRIGGER = {
    "sqlite": "op.execute('CREATE TRIGGER t AFTER INSERT ON three BEGIN DELETE FROM one; END')\n",
    "postgresql": "op.execute('''CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN DELETE FROM one; RETURN NULL; END $$''')\n"
    "op.execute('CREATE TRIGGER t AFTER INSERT ON three EXECUTE FUNCTION f()')\n",
}
UNTRIGGER = {
    "sqlite": "op.execute('DROP TRIGGER t')\n",
    "postgresql": "op.execute('DROP TRIGGER t ON three')\nop.execute('DROP FUNCTION f()')\n",
}
EMPTIED = {"sqlite": "op.execute('DELETE FROM two')", "postgresql": "op.execute('TRUNCATE two')"}


@pytest.fixture(params=PRODUCTS)
def history(request: pytest.FixtureRequest, make_project: MakeProject) -> Project:
    """Five revisions; three of the downgrades take other tables' rows along, each in another way."""
    product: str = request.param
    project = make_project(product)
    project.revision("a1", None, "\n".join(map(TABLE.format, ("one", "two", "three"))), "\n".join(
        f"op.drop_table('{name}')" for name in ("three", "two", "one")
    ))  # fmt: skip
    project.revision("b2", "a1", COLUMN.format("three", 2), BACK.format("three", 2) + RAW)
    project.revision("c3", "b2", COLUMN.format("three", 3), BACK.format("three", 3) + EMPTIED[product])
    project.revision("d4", "c3", COLUMN.format("three", 4), BACK.format("three", 4))
    fired = "op.execute(\"INSERT INTO three (id, name) VALUES (-1, 'x')\")\n"
    undone = "op.execute('DELETE FROM three WHERE id = -1')\n"
    project.revision("e5", "d4", TRIGGER[product] + "pass", fired + undone + UNTRIGGER[product])
    return project


def test_rows_that_a_downgrade_changes_elsewhere_are_charged(history: Project) -> None:
    walk = history.walk()

    lost = {each.revision: [said.message for said in said_of(walk, each.revision)] for each in walk.revisions}
    assert (lost["a1"], lost["d4"]) == ([], [])
    assert len(lost["b2"]) == len(lost["c3"]) == len(lost["e5"]) == 1
    assert "one.name" in lost["b2"][0]
    assert "of table two" in lost["c3"][0] or "two" in lost["c3"][0]
    assert "one" in lost["e5"][0]
