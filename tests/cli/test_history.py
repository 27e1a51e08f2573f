"""A gate of an environment with traffic leaves what the next one compares with; any other leaves nothing."""

from __future__ import annotations

import json

from tests.cli.conftest import Project


def test_second_run_sees_what_has_changed_since_the_first(project: Project) -> None:
    first = project.dbops("health", "--env", "staging", "--category", "performance")
    file = project.path / ".dbops" / "history" / "staging.json"
    kept = json.loads(file.read_text())
    settings = json.loads(kept["entries"]["settings"])
    settings["page_size"] = "512"
    kept["entries"]["settings"] = json.dumps(settings)
    file.write_text(json.dumps(kept))
    second = project.dbops("health", "--env", "staging", "--category", "performance")
    assert "compares with an earlier run" in " ".join(first.out.split())
    assert "setting 'page_size' is '4096' and was '512' at the last run" in " ".join(second.out.split())


def test_history_that_is_broken_is_begun_anew(project: Project) -> None:
    file = project.path / ".dbops" / "history" / "staging.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")
    answer = project.dbops("health", "--env", "staging", "--category", "performance")
    assert (answer.code, answer.err) == (0, "")
    assert json.loads(file.read_text())["entries"]["counters"]


def test_history_that_cannot_be_written_is_a_note(project: Project) -> None:
    folder = project.path / ".dbops"
    folder.mkdir(exist_ok=True)
    (folder / "history").write_text("in the way")
    answer = project.dbops("health", "--env", "staging", "--category", "performance")
    assert (answer.code, answer.err) == (0, "")
    assert "the statistics could not be kept for the next run" in " ".join(answer.out.split())
