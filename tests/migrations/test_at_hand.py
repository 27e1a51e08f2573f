"""Items of revisions that are rehearsed run without pytest's phases, and nobody who looks at a gate can tell."""

from __future__ import annotations

import gc
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.fix_project import GateProject
from tests.migrations.defects import add, drop, table
from tests.migrations.project import ENV, Project, files_in

CONFIG = """
[project]
migrations = "migrations"

[env.development]
url = "embedded:sqlite"
"""
GATE = ("--dbops-env=development", "dbops.toml::migrations")
HEARS_PHASES = """
def pytest_runtest_setup(item):
    with open("heard.log", "a") as log:
        log.write(item.nodeid + "\\n")
"""
SKIPS_ONE = """
import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        if item.name == "applies[b2]":
            item.add_marker(pytest.mark.skip(reason="not on a Friday"))
"""


@pytest.fixture
def shop(gate_project: GateProject) -> GateProject:
    """A project of three revisions, the second of which does not reverse."""
    gate_project.write("dbops.toml", CONFIG)
    history = Project(gate_project.path, "sqlite", files_in(gate_project.path))
    history.env(ENV)
    history.revision("a1", None, table("one"), 'op.drop_table("one")')
    history.revision("b2", "a1", add("one", "kept"), "pass")
    history.revision("c3", "b2", add("one", "other"), drop("one", "other"))
    return gate_project


def results(project: GateProject) -> list[dict[str, Any]]:
    """Return all results of the last run but for how long they took."""
    return [
        {name: value for name, value in each.items() if name != "duration_s"}
        for each in project.report("development")["results"]
    ]


def cases(project: GateProject, file: str) -> list[tuple[str | None, tuple[str, ...]]]:
    """Return the test cases of a JUnit file in order, with the marks of each."""
    tree = ElementTree.parse(project.path / file)
    return [(case.get("name"), tuple(part.tag for part in case)) for case in tree.iterfind(".//testcase")]


def test_phases_are_left_out_once_a_walk_is_told(shop: GateProject) -> None:
    done = shop.run(*GATE, "--durations=0", "-vv")

    phased = {line.split("::")[-1] for line in done.outlines if " setup " in line}
    assert {"applies[a1]", "reverses[b2]", "single_head"} <= phased  # makes the walk, fails, is no revision's
    assert not phased & {"applies[b2]", "applies[c3]", "reapplies[b2]", "keeps_data[c3]", "compatible[b2]"}
    done.stdout.fnmatch_lines(
        ["*::applies[[]b2[]] * PASSED*", "*::reverses[[]b2[]] * FAILED*", "*::reapplies[[]b2[]] * SKIPPED*"]
    )


def test_whoever_hears_of_phases_hears_of_all_and_finds_the_same(shop: GateProject) -> None:
    quiet = shop.run(*GATE)
    found = results(shop)
    shop.write("conftest.py", HEARS_PHASES)
    heard = shop.run(*GATE, "--junit-xml=heard.xml")

    assert results(shop) == found
    assert heard.parseoutcomes() == quiet.parseoutcomes()
    assert (shop.path / "heard.log").read_text().count("\n") == len(found)
    assert len(cases(shop, "heard.xml")) == len(found)


def test_pytest_s_own_junit_file_has_each_item_once(shop: GateProject) -> None:
    shop.run(*GATE, "--junit-xml=quiet.xml")
    shop.write("conftest.py", HEARS_PHASES)
    shop.run(*GATE, "--junit-xml=phased.xml")

    assert cases(shop, "quiet.xml") == cases(shop, "phased.xml")


def test_a_mark_of_the_project_still_counts(shop: GateProject) -> None:
    shop.write("conftest.py", SKIPS_ONE)
    done = shop.run(*GATE, "-rs")

    done.stdout.fnmatch_lines(["*not on a Friday*"])
    assert {each["case"] for each in results(shop) if each["name"] == "applies"} == {"a1", "c3"}


def test_two_workers_find_what_one_finds(shop: GateProject) -> None:
    pytest.importorskip("xdist")
    alone = shop.run(*GATE)
    found = results(shop)
    shared = shop.run_apart("-p", "no:randomly", "-n", "2", *GATE)

    assert results(shop) == found
    assert shared.parseoutcomes() == alone.parseoutcomes()


def test_the_collector_is_left_as_it_was(shop: GateProject) -> None:
    gc.unfreeze()  # what this session has frozen itself, beside which a gate freezes nothing
    try:
        shop.run(*GATE)
        assert (gc.get_freeze_count(), gc.isenabled()) == (0, True)
    finally:
        gc.freeze()
