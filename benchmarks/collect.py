"""Collecting 5 000 checks of a gate, against collecting 5 000 ordinary tests.

Both sides collect and print the number of items (`--collect-only -qq`), from one file that makes all of them in a
loop: `gate` 5 000 decorated checks, each with a code, a docstring and an argument; `tests` one function parametrised
5 000 times. The gate also reads its configuration and the shipped checks.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import interleaved, print_timings, ratio, timed_command

NAME = "collect"
CLAIMS = {"ratio": "CPU of collecting 5 000 gate items / 5 000 ordinary parametrised test items"}
ITEMS = 5_000
_CONFIG = '[project]\nchecks = ["checks"]\n'
_CHECKS = f'''
from pytest_dbops import Catalog, Severity, check


def make(number: int):
    def bad_state(catalog: Catalog):
        """Something is in a bad state.

        It causes trouble. Mend it.
        """
        return ()

    bad_state.__name__ = f"bad_state_{{number}}"
    return check(f"OW{{'ABCDE'[number // 1000]}}{{number % 1000:03}}", severity=Severity.ERROR)(bad_state)


for number in range({ITEMS}):
    globals()[f"bad_state_{{number}}"] = make(number)
'''
_TESTS = f"""
import pytest

@pytest.mark.parametrize("number", range({ITEMS}))
def test_number(number):
    pass
"""


def run(quick: bool) -> dict[str, Any]:
    """Return the measure and how it was taken."""
    rounds = 7 if quick else 21
    pytest = (sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider")
    apart = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "pytest_dbops.plugin"}
    with tempfile.TemporaryDirectory() as name:
        gate, tests = Path(name, "gate"), Path(name, "tests")
        for file, text in (
            (gate / "dbops.toml", _CONFIG),
            (gate / "checks/many.py", _CHECKS),
            (tests / "test_many.py", _TESTS),
        ):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        for folder in (gate, tests):
            (folder / "pytest.ini").write_text("[pytest]\n")
        timings = interleaved(
            {
                "gate": lambda: timed_command((*pytest, "--dbops-env=development"), cwd=gate, env=apart),
                "tests": lambda: timed_command(pytest, cwd=tests, env=apart),
            },
            rounds=rounds,
        )
    print_timings(timings)
    cpu = {name: timing.cpu_s() for name, timing in timings.items()}
    measures = {"ratio": round(ratio(cpu["gate"], cpu["tests"]), 3)}
    return {"measures": measures, "params": {"items": ITEMS, "rounds": rounds}}
