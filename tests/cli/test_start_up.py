"""The command starts as fast as Python itself allows: nothing heavy is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_dbops.cli.parsing import COMMANDS

HEAVY = ("sqlalchemy", "alembic", "psycopg", "faker", "cryptography", "testcontainers", "jinja2", "junit_xml", "pytest")
LIGHT_CALLS = [("--help",), ("--version",), *((command, "--help") for command in COMMANDS)]
PROGRAM = f"""
import sys
from pytest_dbops.cli import main
code = main(sys.argv[1:])
loaded = [name for name in {HEAVY!r} if name in sys.modules]
sys.exit(code if not loaded else f"loaded: {{loaded}}")
"""


@pytest.mark.parametrize("words", LIGHT_CALLS, ids=" ".join)
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_imports_no_command() -> None:
    program = "import sys; from pytest_dbops.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    ours = {name for name in done.stderr.split() if name.startswith("pytest_dbops")}
    assert ours == {
        "pytest_dbops", "pytest_dbops.cli", "pytest_dbops.cli.parsing", "pytest_dbops.core", "pytest_dbops.core.errors"
    }  # fmt: skip


def test_help_loads_little_more_than_argparse_does() -> None:
    ours, bare = (
        set(subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stderr.split())
        for text in (
            "import sys; from pytest_dbops.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)",
            "import sys, argparse; print(*sys.modules, file=sys.stderr)",
        )
    )
    # Modules, not seconds: they do not depend on the machine. Those of the locale argparse needs to print help at all.
    allowed = {"__future__", "_locale", "errno", "locale", "textwrap"}
    assert {name for name in ours - bare if not name.startswith("pytest_dbops")} <= allowed
