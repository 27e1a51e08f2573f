"""Workflows, hooks and templates can be read and name what exists."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml", reason="the package pyyaml is not installed")

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OF_THE_MACHINE = {"pip", "python", "bash", "apt-get", "test", "cd", "grep", "tr", "sed", "git"}
OF_THE_PROJECT = {"pytest", "dbops", "ruff", "mypy", "lint-imports"}


def loaded(file: Path) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return document


def steps_of(workflow: Path) -> list[dict[str, Any]]:
    return [step for job in loaded(workflow)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.stem)
def test_workflow_reads_with_least_privilege(workflow: Path) -> None:
    document = loaded(workflow)
    assert document["permissions"] == {"contents": "read"}
    assert all("runs-on" in job and job["steps"] for job in document["jobs"].values())


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.stem)
def test_actions_are_pinned(workflow: Path) -> None:
    used = [step["uses"] for step in steps_of(workflow) if "uses" in step]
    assert [name for name in used if not re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|release/v\d+|[0-9a-f]{40})", name)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.stem)
def test_commands_of_workflows_exist(workflow: Path) -> None:
    lines = [line for step in steps_of(workflow) for line in step.get("run", "").splitlines()]
    first_words = {part.split()[0] for line in lines for part in line.split(" && ")}
    programs = {Path(word).name for word in first_words}
    assert programs - OF_THE_MACHINE - OF_THE_PROJECT == set()
    scripts = {word for line in lines for word in line.split() if word.startswith(".ci/")}
    folders = {word for line in lines for word in line.split() if word.startswith("tests/")}
    assert {name for name in scripts | folders if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.stem)
def test_extras_and_floors_of_workflows_are_those_of_the_project(workflow: Path) -> None:
    text = workflow.read_text(encoding="utf-8")
    assert set(re.findall(r"\.\[(\w+)\]", text)) <= set(PROJECT["optional-dependencies"])
    floors = dict(re.findall(r"([a-z]+)(?:\[binary\])?==(\d+\.\d+)", text))
    written = (re.fullmatch(r"([a-z-]+)(?:\[\w+\])?>=(\d+(?:\.\d+)?)", one) for one in PROJECT["dependencies"])
    allowed = {found[1]: found[2] for found in written if found}
    assert len(allowed) == len(PROJECT["dependencies"])
    assert floors.items() <= allowed.items()


def test_matrix_covers_what_the_project_promises() -> None:
    jobs = loaded(ROOT / ".github/workflows/test.yml")["jobs"]
    promised = {word.rpartition(" ")[2] for word in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", word)}
    assert set(jobs["tests"]["strategy"]["matrix"]["python"]) == promised
    assert jobs["postgresql"]["strategy"]["matrix"]["major"] == [14, 15, 16, 17, 18]


def test_release_runs_for_tags_alone() -> None:
    triggers = loaded(ROOT / ".github/workflows/release.yml")[True]  # YAML 1.1 reads `on` as a truth value
    assert triggers == {"push": {"tags": ["v*"]}}


def test_hooks_run_tools_of_the_environment() -> None:
    hooks = [hook for repo in loaded(ROOT / ".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    assert {hook["entry"].split()[0] for hook in hooks} <= {"ruff", "mypy", "lint-imports"}
    assert {hook["language"] for hook in hooks} == {"system"}


def test_programs_of_the_project_are_its_entry_points() -> None:
    assert [point.value for point in entry_points(group="console_scripts", name="dbops")] == ["pytest_dbops.cli:main"]


def test_issue_templates_have_a_name() -> None:
    texts = [file.read_text(encoding="utf-8") for file in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.md")]
    headers = [yaml.safe_load(text.split("---")[1]) for text in texts]
    assert all(header["name"] and header["about"] for header in headers)


@pytest.mark.parametrize("fragment", sorted((ROOT / "changelog").glob("*.md")), ids=lambda file: file.name)
def test_changelog_fragments_are_named_by_kind(fragment: Path) -> None:
    assert re.fullmatch(r"[a-z0-9-]+\.(feature|fix|breaking|doc)\.md", fragment.name)
    assert fragment.read_text(encoding="utf-8").strip()
