"""Long histories: nothing is found in what is sound, and what is not is named itself, and not what stands beside it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.histories import revision_id, write_history
from pytest_dbops.core.step_name import StepName
from pytest_dbops.core.walk import Walk
from tests.fix_project import GateProject
from tests.migrations.conftest import MakeProject
from tests.migrations.project import CHECKS, PRODUCTS, Project, all_said

LENGTHS = (25, 100, 300)
KINDS = {
    1: ("    op.drop_table(", "    pass  # op.drop_table("),
    2: ("    op.drop_column(", "    pass  # op.drop_column("),
    3: ("    op.drop_index(", "    pass  # op.drop_index("),
}
"""What becomes of the downgrade of every fifth revision, counted from a revision that makes a table."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Walk the longer histories in a long run only."""
    if "length" in metafunc.fixturenames:
        is_full = metafunc.config.getoption("--faults") == "full"
        metafunc.parametrize("length", LENGTHS if is_full else LENGTHS[:1])


@pytest.mark.parametrize("product", PRODUCTS)
def test_guilty_revision_of_a_long_history_is_named_and_no_other(
    product: str, length: int, make_project: MakeProject
) -> None:
    project = make_project(product)
    guilty = length // 2 // 5 * 5 + 2
    file = spoiled(project, length, guilty)

    walk = project.walk()

    said = all_said(walk)
    assert {revision: {each.of for each in found} for revision, found in said.items()} == {
        revision_id(guilty): {"reverses"}
    }
    assert said[revision_id(guilty)][0].message.startswith(
        f"downgrade of {revision_id(guilty)!r} does not restore the schema ({file}:15); its downgrade does nothing:"
        f" + column note_{guilty} of table thing_{guilty - 1} ("
    )
    assert [each.revision for each in walk.revisions] == [revision_id(n) for n in range(1, length + 1)]
    assert all(is_whole(walk, number, guilty) for number in range(1, length + 1))


def test_junit_of_a_long_history_has_a_case_a_revision_and_check(length: int, gate_project: GateProject) -> None:
    gate_project.write(
        "dbops.toml", '[project]\nmigrations = "migrations"\n[env.development]\nurl = "embedded:sqlite"\n'
    )
    write_history(gate_project.path / "migrations", length)
    slow = revision_id(length // 2)
    timed(gate_project.path / f"migrations/versions/{slow}_step.py")

    gate_project.run("--dbops-env=development", "--dbops-revisions=all", "dbops.toml::migrations")

    tree = ElementTree.parse(gate_project.path / "dbops-reports/development/junit-dbops-development.xml")
    cases = {case.get("name", ""): case for case in tree.iterfind(".//testsuite[@name='migrations']/testcase")}
    revisions = [revision_id(number) for number in range(1, length + 1)]
    assert {name for name in cases if "[" in name} == {f"{check}[{each}]" for check in CHECKS for each in revisions}
    for revision in revisions:
        applies = cases[f"applies[{revision}]"]
        assert applies.get("file") == f"migrations/versions/{revision}_step.py"
        assert int(applies.get("line", "0")) > 1
        assert float(applies.get("time", "0")) > 0
    took_s = [float(each) for each in (gate_project.path / "took").read_text().split()]
    assert float(cases[f"applies[{slow}]"].get("time", "0")) >= round(min(took_s), 3) - 0.001


def timed(file: Path) -> None:
    """Let a revision count for a while as it is applied, and note how long that took."""
    counts = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT count(*) FROM n"
    file.write_text(
        file.read_text().replace(
            "def upgrade():\n",
            "def upgrade():\n"
            "    import time\n"
            "    began = time.perf_counter()\n"
            f"    op.execute({counts!r})\n"
            "    open('took', 'a').write(f'{time.perf_counter() - began}\\n')\n",
        )
    )


def spoiled(project: Project, length: int, guilty: int) -> str:
    """Write a history of which one downgrade does nothing; returns that revision's file."""
    (project.path / "migrations" / "env.py").unlink()
    (project.path / "migrations").rmdir()
    write_history(project.path / "migrations", length)
    name = f"migrations/versions/{revision_id(guilty)}_step.py"
    file = project.path / name
    text, (old, new) = file.read_text(), KINDS[guilty % 5]
    assert old in text
    file.write_text(text.replace(old, new))
    return name


def is_whole(walk: Walk, number: int, guilty: int) -> bool:
    """Tell whether each step of a revision was run, and has the time it took and its line."""
    found = walk.revision(revision_id(number))
    assert found is not None
    ran = [step.name for step in found.steps if step.duration_s > 0]
    wanted = list(StepName)[: 1 if number == guilty else 3]
    return ran == wanted and found.line > 1 and found.file.endswith(f"{revision_id(number)}_step.py")
