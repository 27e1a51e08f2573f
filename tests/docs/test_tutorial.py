"""The tutorial works as it is written: its files are written and its commands run, one after the other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import OF_THE_TOOL
from tests.docs.blocks import Block, blocks_of
from tests.fix_project import LEAN

DOCS = Path(__file__).parents[2] / "docs"
INSTALLS = "pip install"
SHOWN = "shown.log"


def test_tutorial_works_as_written(tmp_path: Path) -> None:
    page = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    done = [_carry_out(block, tmp_path) for block in blocks_of(page)]
    assert [words for words in done if words] == [
        "dbops init",
        "pytest --dbops-env=development",
        "dbops checks show SCH003",
        "pytest --dbops-env=development",
        'pytest --dbops-env=development "dbops.toml::checks::negative_invoice"',
        "dbops config validate",
        "dbops env ping staging",
    ]
    text = (tmp_path / "dbops-reports/development/gate.txt").read_text(encoding="utf-8")
    assert text.startswith("PASS (partial run)")


def _carry_out(block: Block, folder: Path) -> str:
    """Write a file, or run a command; return the first line of the command."""
    if block.mark in ("file", "append"):
        file = folder / block.value
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a" if block.mark == "append" else "x", encoding="utf-8") as target:
            target.write(("\n" if block.mark == "append" else "") + block.text)
        return ""
    if block.mark == "shows":
        shown = (folder / SHOWN).read_text(encoding="utf-8").splitlines()
        assert [line for line in block.text.splitlines() if line not in shown] == []
    if block.language != "bash" or INSTALLS in block.text:
        return ""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text], cwd=folder, capture_output=True, text=True, check=False,
        timeout=120, env=_environment(),
    )  # fmt: skip
    (folder / SHOWN).write_text(done.stdout, encoding="utf-8")
    if done.returncode != int(block.value or 0):
        pytest.fail(f"{block.text}ended with {done.returncode}:\n{done.stdout}{done.stderr}", pytrace=False)
    return block.text.splitlines()[0]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OF_THE_TOOL}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return {**kept, "PATH": path, "PYTEST_ADDOPTS": f"-p no:randomly {LEAN}"}
