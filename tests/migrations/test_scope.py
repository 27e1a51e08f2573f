"""Which revisions a gate judges: what the target lacks, all, or a range; less than is due is never a full pass."""

from __future__ import annotations

import pytest

from tests.fix_project import GateProject
from tests.migrations.defects import add, drop, table
from tests.migrations.project import ENV, Project, files_in

CONFIG = """
[project]
migrations = "migrations"

[env.development]
url = "embedded:sqlite"

[env.staging]
url     = "sqlite:///staging.sqlite3"
kind    = "staging"
require = []
"""
CATEGORY = "dbops.toml::migrations"
NOT_IN_SCOPE = "not in scope: what is not pending on the target is only put in (--dbops-revisions)"


@pytest.fixture
def shop(gate_project: GateProject) -> GateProject:
    """Four revisions; the first two do not reverse. Staging has the first two."""
    gate_project.write("dbops.toml", CONFIG)
    history = Project(gate_project.path, "sqlite", files_in(gate_project.path))
    history.env(ENV)
    history.revision("a1", None, table("one"), "pass")
    history.revision("b2", "a1", add("one", "kept"), "pass")
    history.revision("c3", "b2", add("one", "other"), drop("one", "other"))
    history.revision("d4", "c3", add("one", "last"), drop("one", "last"))
    at(gate_project, "b2")
    return gate_project


def at(project: GateProject, *rows: str, columns: str = "") -> None:
    """Let the staging database be as some revisions make it, with these further columns."""
    project.sql(
        "DROP TABLE IF EXISTS alembic_version; DROP TABLE IF EXISTS one; DROP TABLE IF EXISTS invoice;"
        "DROP TABLE IF EXISTS customer; CREATE TABLE alembic_version (version_num text PRIMARY KEY) STRICT;"
        f"CREATE TABLE one (id INTEGER NOT NULL, kept TEXT{columns}, PRIMARY KEY (id));"
        + "".join(f"INSERT INTO alembic_version VALUES ('{row}');" for row in rows)
    )


def reverses(project: GateProject, environment: str) -> dict[str, str]:
    """Return what became of `reverses`, by revision."""
    return {r["case"]: r["outcome"] for r in project.report(environment)["results"] if r["name"] == "reverses"}


def test_staging_judges_what_its_target_lacks_and_puts_the_rest_in(shop: GateProject) -> None:
    done = shop.run("--dbops-env=staging", "-v")

    done.stdout.fnmatch_lines(["dbops: gate of 'staging'*, revisions: pending (of 4), dbops.toml"])
    done.stdout.fnmatch_lines(["*revisions    pending (2 of 4)"])
    assert reverses(shop, "staging") == {"a1": "skipped", "b2": "skipped", "c3": "passed", "d4": "passed"}
    assert shop.verdict() == ("pass", "full")
    reasons = {r["case"]: r["reason"] for r in shop.report()["results"] if r["name"] == "applies"}
    assert reasons == {"a1": NOT_IN_SCOPE, "b2": NOT_IN_SCOPE, "c3": "", "d4": ""}
    pending = {f["subject"]: f for r in shop.report()["results"] if r["name"] == "pending" for f in r["findings"]}
    assert [(name, found["severity"]) for name, found in pending.items()] == [("c3", "info"), ("d4", "info")]


def test_target_that_lacks_nothing_is_said_to_and_passes_without_a_rehearsal(shop: GateProject) -> None:
    at(shop, "d4", columns=", other TEXT, last TEXT")
    shop.run("--dbops-env=staging").stdout.fnmatch_lines(["*revisions    pending (none of 4)"])

    assert set(reverses(shop, "staging").values()) == {"skipped"}
    assert {r["name"]: r["outcome"] for r in shop.report()["results"]}["single_head"] == "passed"
    assert not (shop.path / ".dbops/walks/sqlite.json").exists()
    assert shop.verdict() == ("pass", "full")


def test_two_workers_tell_the_controller_what_was_in_scope(shop: GateProject) -> None:
    pytest.importorskip("xdist")

    shop.run_apart("-p", "no:randomly", "--dbops-env=staging", "-n", "2")

    assert shop.report()["revisions"] == "pending (2 of 4)"
    assert shop.verdict() == ("pass", "full")


def test_all_revisions_may_be_asked_for_of_staging_too(shop: GateProject) -> None:
    shop.run("--dbops-env=staging", "--dbops-revisions=all")

    assert reverses(shop, "staging") == {"a1": "failed", "b2": "failed", "c3": "passed", "d4": "passed"}
    assert (shop.verdict(), shop.report()["revisions"]) == (("blocked", "full"), "all 4")


def test_range_narrower_than_all_is_a_partial_run(shop: GateProject) -> None:
    shop.run("--dbops-env=development", "--dbops-revisions=b2:c3")

    assert reverses(shop, "development") == {"b2": "failed", "c3": "passed"}
    assert shop.verdict("development")[1] == "partial"
    (problem,) = shop.report("development")["judgement"]["problems"]
    assert problem["message"] == "2 of 4 revisions left out (--dbops-revisions=b2:c3)"


def test_range_that_leaves_a_pending_revision_out_is_partial_on_staging_and_one_that_holds_all_is_full(
    shop: GateProject,
) -> None:
    shop.run("--dbops-env=staging", "--dbops-revisions=d4")
    assert shop.verdict() == ("pass", "partial")

    shop.run("--dbops-env=staging", "--dbops-revisions=c3:d4")
    assert shop.verdict() == ("pass", "full")


def test_version_table_that_cannot_be_read_leaves_pending_revisions_inconclusive_and_a_range_partial(
    shop: GateProject,
) -> None:
    shop.sql("DROP TABLE alembic_version; CREATE TABLE alembic_version (odd text) STRICT;")

    shop.run("--dbops-env=staging")
    assert set(reverses(shop, "staging").values()) == {"inconclusive"}
    assert shop.verdict() == ("inconclusive", "full")

    shop.run("--dbops-env=staging", "--dbops-revisions=last:2")
    assert reverses(shop, "staging") == {"c3": "passed", "d4": "passed"}
    assert shop.verdict() == ("inconclusive", "partial")


def test_row_that_the_code_does_not_know_is_an_error_of_one_line(shop: GateProject) -> None:
    at(shop, "zz9")

    shop.run("--dbops-env=staging", CATEGORY)

    found = [f for r in shop.report()["results"] if r["name"] == "pending" for f in r["findings"]]
    assert (found[0]["severity"], found[0]["message"]) == (
        "error",
        "the version table holds 'zz9', which is no revision of the code: the database is ahead of it, or was migrated"
        " from another branch",
    )
    assert {f["hint"] for f in found[1:]} == {
        "its SQL cannot be shown: nothing runs before the version table is mended"
    }


def test_old_revision_that_no_longer_applies_leaves_the_pending_ones_inconclusive(shop: GateProject) -> None:
    file = shop.path / "migrations/versions/b2.py"
    file.write_text(file.read_text().replace("add_column('one'", "add_column('gone'").replace('"one"', '"gone"'))

    shown = shop.run("--dbops-env=staging").outlines

    (reason,) = {r["reason"] for r in shop.report()["results"] if r["case"] in ("c3", "d4")}
    assert "b2" in reason
    # Where CI is set pytest does not cut the line to the terminal: what follows the name may hold brackets of its own.
    (told,) = (line.split(" - ")[0] for line in shown if line.startswith("INCONCLUSIVE dbops.toml::migrations::"))
    assert (" and " in told, " more" in told, "]" in told) == (True, True, False)
    assert shop.verdict() == ("inconclusive", "full")


def test_collecting_connects_nowhere_and_lists_what_may_be_pending(shop: GateProject) -> None:
    (shop.path / "staging.sqlite3").unlink()

    done = shop.run("--dbops-env=staging", CATEGORY, "--collect-only", "-q")

    done.stdout.fnmatch_lines([f"{CATEGORY}::applies[[]{revision}[]]" for revision in ("a1", "b2", "c3", "d4")])


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("penidng", "--dbops-revisions: there is no revision 'penidng'"),
        ("", "--dbops-revisions: '' is no revision and no range (all, last:N, A:B, +N, -N, ID, LABEL@head)"),
        ("last:0", "--dbops-revisions: 'last:0' holds no revision (pending, all, last:N, A:B, ID)"),
        ("d4:a1", "--dbops-revisions: 'd4:a1' is no range: d4 does not come before a1"),
    ],
)
def test_range_that_means_nothing_is_a_usage_error_of_one_line(asked: str, line: str, shop: GateProject) -> None:
    done = shop.run("--dbops-env=development", f"--dbops-revisions={asked}")

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"ERROR: {line.replace('[', '[[]')}"])


def test_range_in_a_project_without_migrations_is_a_usage_error(gate_project: GateProject) -> None:
    done = gate_project.run("--dbops-env=staging", "--dbops-revisions=all")

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["ERROR: no migrations are configured*"])
