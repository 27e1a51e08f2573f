"""While a database is built, a terminal shows what is done; where nobody looks, nothing is said."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.operations.conftest import History
from tests.operations.embedding import CONFIG, Shop

GATE = ("-m", "pytest", "--dbops-env=development", "-p", "no:cacheprovider", "-p", "no:randomly")
HEALTH = ("-m", "pytest_dbops", "health", "--env", "development")
WORDS = "dbops: migrating 1/1: r1 make r1"


@pytest.fixture
def shop(history: History) -> Shop:
    history.write("dbops.toml", CONFIG)
    return Shop(history)


def seen_on_terminal(shop: Shop, *args: str) -> str:
    """Return everything a command writes to a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "COLUMNS": "100", "TERM": "xterm"}
    child = subprocess.Popen(
        [sys.executable, *args], cwd=shop.path, env=environ, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    seen = b""
    with suppress(OSError):  # Linux ends a terminal nobody holds any more with an error
        while chunk := os.read(ours, 65536):
            seen += chunk
    os.close(ours)
    child.wait(timeout=60)
    return seen.decode()


@pytest.mark.parametrize("command", [GATE, HEALTH], ids=["gate", "health"])
def test_terminal_shows_the_revision_that_runs(command: tuple[str, ...], shop: Shop) -> None:
    assert WORDS in seen_on_terminal(shop, *command)


@pytest.mark.parametrize("command", [GATE, HEALTH], ids=["gate", "health"])
def test_nothing_is_said_without_a_terminal(command: tuple[str, ...], shop: Shop) -> None:
    done = subprocess.run(
        [sys.executable, *command], cwd=shop.path, capture_output=True, text=True, timeout=60, check=False
    )

    assert "migrating" not in done.stdout + done.stderr
    assert shop.file.exists()


def test_second_run_has_nothing_to_show(shop: Shop) -> None:
    shop.url()

    assert "migrating" not in seen_on_terminal(shop, *HEALTH)
