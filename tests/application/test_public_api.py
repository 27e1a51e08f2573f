"""The reference application stands where any user's project stands: on the public names alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.application.history import ROOT

FILES = sorted(
    file for folder in ("accounting", "migrations", "seeds", "checks") for file in ROOT.joinpath(folder).rglob("*.py")
)


def modules_imported_by(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_only_the_public_package_is_imported(file: Path) -> None:
    assert [name for name in modules_imported_by(file) if name.startswith("pytest_dbops.")] == []
