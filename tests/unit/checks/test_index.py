"""The index of the shipped checks says what the modules say, and is not believed when they have changed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_dbops.checks.index import INDEX, PostponedFunction, digest_of_modules, indexed_checks, render_index
from pytest_dbops.checks.registry import builtin_checks, imported_checks
from pytest_dbops.core.check import Check


def known(checks: tuple[Check, ...]) -> list[str]:
    """Return all that is known of checks but their functions, types included."""
    return [repr(replace(check, function=print)) for check in checks]


def test_index_is_the_one_of_today() -> None:
    assert INDEX.read_text(encoding="utf-8") == render_index(imported_checks()), "run: python docs/generate.py"


def test_index_says_what_the_modules_say() -> None:
    indexed = indexed_checks()
    assert indexed is not None
    assert known(indexed) == known(imported_checks())


def test_every_postponed_function_is_that_of_its_module() -> None:
    indexed = indexed_checks() or ()
    functions = [check.function.imported() for check in indexed if isinstance(check.function, PostponedFunction)]
    assert functions == [check.function for check in imported_checks()]


def test_description_is_that_of_the_function() -> None:
    imported = {check.code: check.description for check in imported_checks()}
    assert {check.code: check.description for check in builtin_checks()} == imported


@pytest.mark.parametrize(
    "change",
    [
        lambda told: {**told, "digest": "00000000"},
        lambda told: {"checks": told["checks"]},
        lambda told: {**told, "checks": [{**told["checks"][0], "severity": "dreadful"}]},
        lambda told: {**told, "checks": [{"code": "SCH003"}]},
        lambda told: {**told, "checks": [[]]},
        lambda told: [told],
    ],
    ids=["of other modules", "no digest", "unknown word", "record cut short", "no record", "a list"],
)
def test_index_that_is_not_right_is_no_index(tmp_path: Path, change: Any) -> None:
    index = tmp_path / "index.json"
    index.write_text(json.dumps(change(json.loads(INDEX.read_text(encoding="utf-8")))), encoding="utf-8")
    assert indexed_checks(index) is None


def test_index_that_is_broken_or_missing_is_no_index(tmp_path: Path) -> None:
    cut = tmp_path / "index.json"
    cut.write_bytes(INDEX.read_bytes()[:-100])
    assert indexed_checks(cut) is None
    assert indexed_checks(tmp_path / "nowhere.json") is None


def test_digest_is_of_every_module_and_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_dbops.checks.index.FOLDER", tmp_path)
    (tmp_path / "schema").mkdir()
    digests = []
    for name, text in (("schema/one.py", "1"), ("schema/one.py", "2"), ("schema/_two.py", ""), ("three.py", "")):
        (tmp_path / name).write_text(text)
        digests.append(digest_of_modules())
    (tmp_path / "three.py").rename(tmp_path / "four.py")
    digests.append(digest_of_modules())
    assert len(set(digests)) == len(digests)


ASKS = """
import sys
from pytest_dbops.checks.registry import builtin_checks
checks = builtin_checks()
loaded = [name for name in sys.modules if name.startswith("pytest_dbops.checks.") and name.count(".") == 3]
print(len(checks) > 100, loaded, "pytest_dbops.core.catalog" in sys.modules)
"""


def test_checks_are_known_without_their_modules() -> None:
    done = subprocess.run([sys.executable, "-c", ASKS], capture_output=True, text=True, check=True)
    assert done.stdout == "True [] False\n"
