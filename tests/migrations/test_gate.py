"""The gate has one item a revision and check, collected offline, fed by one walk a run."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.fix_project import GateProject
from tests.migrations.defects import add, drop, table
from tests.migrations.project import CHECKS, ENV, Project, files_in

CONFIG = """
[project]
migrations = "migrations"

[env.development]
url = "embedded:sqlite"

[env.testing]
url = "embedded:postgresql"
"""
CATEGORY = "dbops.toml::migrations"
OTHERS = ("pending", "model_drift", "applied_unchanged", "target_drift", "fails_on_target", "unread_revisions")
"""Checks that ask no walk, or that an embedded target has no need of."""


@pytest.fixture
def shop(gate_project: GateProject) -> GateProject:
    """A project of three revisions, the second of which does not reverse; each notes that it was imported."""
    gate_project.write("dbops.toml", CONFIG)
    history = Project(gate_project.path, "sqlite", files_in(gate_project.path))
    history.env(ENV)
    history.revision("a1", None, table("one"), 'op.drop_table("one")')
    history.revision("b2", "a1", add("one", "kept"), "pass")
    history.revision("c3", "b2", add("one", "other"), drop("one", "other"))
    for file in (gate_project.path / "migrations/versions").glob("*.py"):
        file.write_text(file.read_text() + "\n\nopen('imported.log', 'a').write(revision + '\\n')\n")
    return gate_project


def test_collecting_lists_each_revision_and_imports_none(shop: GateProject) -> None:
    shop.run("--dbops-env=development", CATEGORY, "--collect-only", "-q").stdout.fnmatch_lines(
        [f"{CATEGORY}::{check}[[]{revision}[]]" for check in ("applies", "reverses") for revision in ("a1", "b2", "c3")]
    )
    assert not (shop.path / "imported.log").exists()


@pytest.mark.parametrize(
    ("environment", "workers"),
    [("development", ()), ("development", ("-n", "2")), ("testing", ("-n", "2"))],
    ids=["sqlite alone", "sqlite, two workers", "postgresql, two workers"],
)
def test_one_walk_feeds_all_items(
    environment: str, workers: tuple[str, ...], shop: GateProject, request: pytest.FixtureRequest
) -> None:
    pytest.importorskip("xdist")
    if environment == "testing":
        request.getfixturevalue("scratch_postgres")

    done = shop.run_apart("-p", "no:randomly", f"--dbops-env={environment}", *workers)

    done.stdout.fnmatch_lines(["*MIG002 error: A revision cannot be taken back, or leaves something behind"])
    results = {each["name"] + each["case"]: each for each in shop.report(environment)["results"]}
    judged = {
        f"{check}{revision}": results[f"{check}{revision}"]["outcome"]
        for check in ("applies", "reverses", "reapplies")
        for revision in ("a1", "b2", "c3")
    }
    assert judged == {**dict.fromkeys(judged, "passed"), "reversesb2": "failed", "reappliesb2": "skipped"}
    assert shop.verdict(environment) == ("blocked", "full")
    assert {(results[name]["file"], results[name]["line"]) for name in ("appliesb2", "reversesb2")} == {
        ("migrations/versions/b2.py", 14),
        ("migrations/versions/b2.py", 18),
    }
    # The embedded database is built once, and the walk is one process more.
    assert sorted((shop.path / "imported.log").read_text().split()) == sorted(2 * ["a1", "b2", "c3"])


def test_one_item_can_be_asked_for_by_its_id_and_points_to_its_revision(shop: GateProject) -> None:
    done = shop.run("--dbops-env=development", f"{CATEGORY}::reverses[b2]", "-v")

    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "*downgrade of 'b2' does not restore the schema*",
            f"FAILED {CATEGORY}::reverses[[]b2[]]*",
        ]
    )
    assert shop.verdict("development") == ("blocked", "partial")


def test_junit_has_a_case_a_revision_and_check_with_file_line_and_its_own_time(shop: GateProject) -> None:
    shop.run("--dbops-env=development")

    tree = ElementTree.parse(shop.path / "dbops-reports/development/junit-dbops-development.xml")
    cases = {case.get("name"): case for case in tree.iterfind(".//testsuite[@name='migrations']/testcase")}
    assert set(cases) == {
        *(f"{check}[{revision}]" for check in CHECKS for revision in ("a1", "b2", "c3")),
        *("single_head", "declared_irreversible", *OTHERS),
    }
    reverses = cases["reverses[c3]"]
    assert (reverses.get("file"), reverses.get("line")) == ("migrations/versions/c3.py", "18")
    assert float(reverses.get("time") or "0") > 0


def test_project_without_migrations_skips_with_the_reason(gate_project: GateProject) -> None:
    gate_project.run("--dbops-env=staging")

    reasons = {each["reason"] for each in gate_project.report()["results"] if each["category"] == "migrations"}
    assert reasons == {'the project has no migrations (add to [project]: migrations = "migrations")'}
    assert gate_project.verdict() == ("pass", "full")


def test_revision_that_is_rehearsed_without_an_item_is_never_silent(shop: GateProject) -> None:
    file = shop.path / "migrations/versions/c3.py"
    file.write_text(file.read_text().replace("revision = 'c3'", "revision = ''.join(['c', '3'])"))

    shop.run("--dbops-env=development", CATEGORY)

    (reason,) = {each["reason"] for each in shop.report("development")["results"] if each["name"] not in OTHERS}
    assert reason.startswith("revision c3 was rehearsed, but is in no file that was read as a revision")


def test_health_asks_each_revision_too(shop: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    from pytest_dbops.cli import main

    code = main(["health", "--env", "development", "--category", "migrations"])

    assert code == 1
    assert "downgrade of 'b2' does not restore the schema" in capfd.readouterr().out


def test_revisions_of_the_baseline_have_no_item_or_are_skipped(shop: GateProject) -> None:
    shop.write("schema.sql", "CREATE TABLE one (id integer PRIMARY KEY);\n")
    shop.write(
        "dbops.toml", CONFIG.replace("[project]\n", '[project]\nbaseline = "schema.sql"\nfirst_revision = "b2"\n')
    )

    shop.run("--dbops-env=development", CATEGORY)

    cases = {
        each["case"]: each["outcome"] for each in shop.report("development")["results"] if each["name"] == "applies"
    }
    assert cases == {"b2": "passed", "c3": "passed"}


def test_rows_locks_and_releases_are_items_of_one_walk_with_two_workers(
    shop: GateProject, scratch_postgres: object
) -> None:
    pytest.importorskip("xdist")
    history = Project(shop.path, "sqlite", files_in(shop.path))
    history.revision("c3", "b2", drop("one", "kept"), add("one", "kept"))

    shop.run_apart("-p", "no:randomly", "--dbops-env=testing", CATEGORY, "-n", "2")

    report = shop.report("testing")
    results = {each["name"] + each["case"]: each for each in report["results"]}
    assert {name: results[name]["outcome"] for name in ("keeps_datac3", "locksc3", "compatiblec3")} == {
        "keeps_datac3": "failed",
        "locksc3": "passed",
        "compatiblec3": "warned",
    }
    (loss,) = results["keeps_datac3"]["findings"]
    assert loss["message"].startswith("'c3' is not undone (migrations/versions/c3.py:18): one.kept: ")
    assert loss["evidence"][0] | {"changed": 0, "of": 0, "cells": ""} == {
        "table": "one",
        "column": "kept",
        "changed": 0,
        "of": 0,
        "how": "NULL after the downgrade: the column was dropped and made again",
        "cells": "",
    }
    assert loss["evidence"][-1]["coverage"].startswith("1 of 1 tables filled, ")
    assert [each["subject"] for each in results["compatiblec3"]["findings"]] == ["one.kept"]
    assert [note for note in report["notes"] if note.startswith("rows of the rehearsal: 1 of 1 tables filled, ")]
    # The embedded database and the walk: what was written in this test notes nothing.
    assert (shop.path / "imported.log").read_text().split().count("a1") <= 2
    junit = shop.path / "dbops-reports/testing/junit-dbops-testing.xml"
    case = next(each for each in ElementTree.parse(junit).iter("testcase") if each.get("name") == "keeps_data[c3]")
    assert (case.get("file"), case.get("line")) == ("migrations/versions/c3.py", "18")
    assert "one.kept: " in "".join(case.itertext()) + str([each.attrib for each in case.iter()])


def test_a_project_that_has_no_revision_yet_is_not_held_up(shop: GateProject) -> None:
    for file in (shop.path / "migrations/versions").glob("*.py"):
        file.unlink()

    shop.run("--dbops-env=development")

    results = {each["name"]: each for each in shop.report("development")["results"]}
    walked = [results[name] for name in CHECKS if name not in OTHERS]
    assert {each["outcome"] for each in walked} == {"skipped"}
    assert {each["reason"] for each in walked} == {
        "the history has no revision yet: none is under 'migrations' (make one: dbops migrate create NAME)"
    }
    assert shop.verdict("development")[0] in ("pass", "pass_with_warnings")


def test_a_release_of_no_revision_is_not_judged(shop: GateProject) -> None:
    for file in (shop.path / "migrations/versions").glob("*.py"):
        file.unlink()
    (shop.path / "staging.sqlite3").touch()
    shop.write("dbops.toml", CONFIG + '\n[env.staging]\nurl = "sqlite:///staging.sqlite3"\nrequire = []\n')

    shop.run("--dbops-env=staging")

    results = {each["name"]: each for each in shop.report("staging")["results"]}
    assert (results["applies"]["outcome"], results["single_head"]["outcome"]) == ("inconclusive", "inconclusive")
    assert "the history has no revision yet" in results["applies"]["reason"]
