"""`dbops init --baseline`: one command, and a project with old defects is judged by what is new."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Project
from tests.migrations.defects import add, drop, table
from tests.migrations.project import ENV
from tests.migrations.project import Project as History


@pytest.fixture
def old(project: Project) -> Project:
    """A project without a gate, whose history has several defects: five of seven revisions do not reverse."""
    (project.path / "dbops.toml").unlink()
    (project.path / "checks/nothing_is_odd.sql").unlink()
    project.write("alembic.ini", "[alembic]\nscript_location = %(here)s/migrations\n")
    project.write("migrations/script.py.mako", "")
    history = History(project.path, "sqlite", lambda: (_ for _ in ()).throw(AssertionError))  # type: ignore[arg-type]
    history.env(ENV)
    history.revision("a1", None, table("one"), "pass")
    history.revision("b2", "a1", add("one", "b"), "pass")
    history.revision("c3", "b2", add("one", "c"), drop("one", "gone"))
    history.revision("d4", "c3", add("one", "d"), drop("one", "d"))
    history.revision("e5", "d4", add("one", "e"), None)
    history.revision("f6", "e5", add("one", "f"), "raise NotImplementedError('kept for good')")
    history.revision("g7", "f6", table("two"), "pass")
    return project


def test_one_command_adopts_old_defects_and_new_revisions_are_judged_in_full(old: Project) -> None:
    answer = old.dbops("init", "--baseline")

    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert lines[-2].startswith("baseline    dbops-baseline.json: ")
    assert lines[-1] == "next        pytest --dbops-env=development"
    known = json.loads((old.path / "dbops-baseline.json").read_text())["findings"]
    assert {each["subject"] for each in known if each["code"] == "MIG002"} == {"a1", "b2", "c3", "e5", "g7"}
    assert {each["subject"] for each in known if each["code"] == "MIG009"} == {"f6"}
    assert 'baseline = "dbops-baseline.json"\n' in (old.path / "dbops.toml").read_text()
    assert old.dbops("health", "--category", "migrations").code == 0

    new = (
        (old.path / "migrations/versions/g7.py")
        .read_text()
        .replace("'f6'", "'g7'")
        .replace("revision = 'g7'", "revision = 'h8'", 1)
    )
    old.write("migrations/versions/h8.py", new.replace('"two"', '"three"'))
    judged = old.dbops("health", "--category", "migrations", "--format", "json")

    assert judged.code == 1
    failed = {
        result["id"]: len(result["findings"]) for result in judged.json["results"] if result["outcome"] == "failed"
    }
    assert failed == {"migrations::reverses[h8]": 1}
    # Not c3: an OperationalError may be the machine's fault, so it is judged each time.
    assert judged.json["revisions"] == "all 8, 6 of 8 from the cache"


def test_second_time_the_baseline_is_written_anew_and_a_file_of_ones_own_is_left_alone(old: Project) -> None:
    old.write("dbops.toml", '# mine\n[project]\nmigrations = "migrations"\n')

    answer = old.dbops("init", "--baseline", "--format", "json").json

    assert (answer["baseline"], answer["is_named"], answer["findings"] > 5) == ("dbops-baseline.json", False, True)
    assert (old.path / "dbops.toml").read_text() == '# mine\n[project]\nmigrations = "migrations"\n'


def test_nothing_is_asked_in_a_dry_run(old: Project) -> None:
    answer = old.dbops("init", "--baseline", "--dry-run", "--format", "json").json
    assert (answer["baseline"], (old.path / "dbops-baseline.json").exists()) == ("", False)


def test_history_that_cannot_be_judged_is_refused_in_one_line(old: Project) -> None:
    file = old.path / "migrations/versions/b2.py"
    file.write_text(file.read_text().replace('"one"', '"gone"'))

    answer = old.dbops("init", "--baseline")

    assert (answer.code, answer.err.count("\n")) == (3, 1)
    assert "so a baseline would hide what they find" in answer.err
    assert not (old.path / "dbops-baseline.json").exists()
    file.write_text(file.read_text().replace('"gone"', '"one"'))
    assert old.dbops("init", "--baseline", "--format", "json").json["is_named"] is True


def test_other_file_in_the_place_of_the_baseline_is_kept(old: Project) -> None:
    old.write("dbops-baseline.json", "{}")
    answer = old.dbops("init", "--baseline")
    assert (answer.code, "it is not overwritten" in answer.err) == (2, True)
