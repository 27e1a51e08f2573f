"""Results go to standard output, everything else to standard error, and nothing ever ends in a traceback."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_dbops.operations import health
from tests.cli.conftest import ENTRY, WAITS, Answer, Project

COLOUR = "\x1b["


def test_colour_is_for_terminals_or_those_who_force_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert COLOUR not in project.dbops("env", "list").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert COLOUR in project.dbops("env", "list").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert COLOUR not in project.dbops("env", "list").out


def test_on_a_terminal_progress_is_one_line_that_goes_away(project: Project) -> None:
    shown = _on_terminal(project.path, "health", "--env", "staging")
    progress, _, result = shown.rpartition("\r\x1b[2K")
    assert "dbops: 1/" in progress
    assert "PASS" in result
    assert COLOUR in result


def test_quiet_shows_no_progress(project: Project) -> None:
    assert "dbops: 1/" not in _on_terminal(project.path, "-q", "health", "--env", "staging")


def test_reader_who_leaves_early_changes_no_verdict(project: Project, spoil: Callable[[], None]) -> None:
    spoil()
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-c", ENTRY, "health", "--env", "staging"], stdout=write, stderr=subprocess.PIPE, text=True,
        cwd=project.path, timeout=60, check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


def test_closed_standard_output_changes_no_verdict(project: Project) -> None:
    command = 'exec "$0" -c "$1" health --env staging >&-'
    done = subprocess.run(
        ["/bin/sh", "-c", command, sys.executable, ENTRY], stderr=subprocess.PIPE, text=True, cwd=project.path,
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_full_disk_under_the_output_is_one_line(project: Project) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", ENTRY, "env", "list"], stdout=full, stderr=subprocess.PIPE, text=True,
            cwd=project.path, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (3, "dbops: the output cannot be written: No space left on device\n")


def test_characters_that_the_terminal_lacks_are_escaped(project: Project) -> None:
    project.sql('CREATE TABLE "größe" (text text) STRICT;')
    answer = project.dbops_apart("health", "--env", "staging", variables={"PYTHONIOENCODING": "ascii"})
    assert (answer.code, answer.err) == (1, "")
    assert "gr\\xf6\\xdfe" in answer.out


def test_interrupt_ends_with_130_and_one_line(project: Project) -> None:
    project.write("checks/slow.py", WAITS)
    answer = project.dbops_interrupted("health", "--env", "staging")
    assert answer == Answer(130, "", "\ndbops: interrupted\n")


def test_defect_of_ours_is_one_line_with_its_type(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "prepare_gate", _broken)
    answer = project.dbops("health", "--env", "staging")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err == "dbops: KeyError: 'what nobody thought of' (this is a defect: DBOPS_DEBUG=1 shows where)\n"


def test_debug_shows_the_frames_of_a_defect(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "prepare_gate", _broken)
    monkeypatch.setenv("DBOPS_DEBUG", "1")
    answer = project.dbops("health", "--env", "staging")
    assert answer.code == 3
    assert answer.err.startswith("Traceback (most recent call last):\n")
    assert "in _broken" in answer.err


def test_debug_shows_the_frames_of_a_refusal(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBOPS_DEBUG", "1")
    answer = project.dbops("env", "ping", "nowhere")
    assert (answer.code, answer.err.startswith("Traceback")) == (2, True)
    assert answer.err.splitlines()[-1].startswith("dbops: there is no environment 'nowhere'")


def test_logs_go_where_the_configuration_says(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.append('\n[logging]\ndir = "logs"\n')
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    project.dbops("env", "ping", "staging")
    project.dbops("health", "--env", "staging", "--check", "SCH003")
    assert "opened staging read-only: SQLite" in (project.path / "logs/database-staging.log").read_text()
    assert "health of staging: pass (partial run)" in (project.path / "logs/compliance.log").read_text()


def _broken(*_: object, **__: object) -> None:
    raise KeyError("what nobody thought of")


def _on_terminal(folder: Path, *words: str) -> str:
    """Return what the command shows on a terminal of its own."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", ENTRY, *words], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:
        pass  # Linux ends a terminal that nobody holds open any more with an error (pty(7))
    finally:
        os.close(ours)
        process.wait(timeout=30)
    return shown.decode()
