"""The directions of dependencies that ARCHITECTURE.md promises."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import pytest_dbops

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pytest_dbops"
APPLICATION = ("accounting", "migrations", "seeds", "checks")
HOMES = {
    "pytest": ("plugin/", "cli/gate.py"),
    "_pytest": ("plugin/",),
    "alembic": ("migrating/",),
    "psycopg": ("backends/postgresql/",),
    "sqlite3": ("backends/sqlite/",),
    "testcontainers": ("provisioning/",),
    "faker": ("seeding/",),
    "cryptography": ("crypto/",),
    "jinja2": ("reports/",),
    "junit_xml": ("reports/",),
    "dotenv": ("config/",),
}


@cache
def imports_of(file: Path) -> tuple[tuple[str, bool], ...]:
    """Return each absolute import of a file as (dotted name, whether it is for the type checker alone)."""
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[tuple[str, bool]]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    typing_only = {id(node) for outer in ast.walk(tree) if _is_type_checking(outer) for node in ast.walk(outer)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in typing_only) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, id(node) in typing_only


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def test_import_contracts_are_kept() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "broken" in done.stdout, "0 broken" in done.stdout) == (0, True, True), done.stdout


@pytest.mark.parametrize("library", HOMES)
def test_each_library_has_one_home(library: str) -> None:
    strangers = {
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        for name, typing_only in imports_of(file)
        if name.partition(".")[0] == library and not typing_only
    }
    assert {place for place in strangers if not place.startswith(HOMES[library])} == set()


@pytest.mark.parametrize("folder", APPLICATION)
def test_reference_application_uses_the_public_api_alone(folder: str) -> None:
    private = {
        f"{file.relative_to(ROOT).as_posix()} imports {name}"
        for file in (ROOT / folder).rglob("*.py")
        for name, _ in imports_of(file)
        if name.startswith("pytest_dbops.")
    }
    assert private == set()


def test_every_public_name_can_be_imported() -> None:
    assert {name for name in pytest_dbops.__all__ if not hasattr(pytest_dbops, name)} == set()


def test_public_names_are_those_the_type_checker_sees() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if _is_type_checking(node))
    seen = {alias.asname for node in ast.walk(block) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == set(pytest_dbops.__all__)
