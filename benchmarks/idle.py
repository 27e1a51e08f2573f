"""What a session pays that has the plugin installed and does not use it.

Two virtual environments that differ in one command, `pip install pytest-dbops`: `bare` holds pytest and what pytest
requires, `idle` holds pytest-dbops and what that requires as well. Both run the same one test in a process of its own,
and find their plugins by themselves, as any session does. One test is the worst case: whatever else a session does
makes the share smaller. Byte code is cached on both sides, as it is for users.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.installed import made_environment
from benchmarks.measure import interleaved, print_timings, ratio, timed_command

NAME = "idle"
CLAIMS = {"cpu_ratio": "CPU of pytest with the idle plugin installed / without it, for a session of one test"}
_TEST = "def test_nothing():\n    pass\n"
_OPTIONS = ("-m", "pytest", "-q", "-p", "no:cacheprovider")


def run(quick: bool) -> dict[str, Any]:
    """Return the measure and how it was taken."""
    rounds = 31 if quick else 101
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "tests")
        folder.mkdir()
        (folder / "test_nothing.py").write_text(_TEST)
        (folder / "pytest.ini").write_text("[pytest]\n")
        bare = str(made_environment(Path(name, "bare"), "pytest"))
        idle = str(made_environment(Path(name, "idle"), "pytest", "pytest-dbops"))
        timings = interleaved(
            {
                "bare": lambda: timed_command((bare, *_OPTIONS), cwd=folder),
                "idle": lambda: timed_command((idle, *_OPTIONS), cwd=folder),
            },
            rounds=rounds,
            warmups=2,
        )
    print_timings(timings)
    cpu = {name: timing.cpu_s() for name, timing in timings.items()}
    return {"measures": {"cpu_ratio": round(ratio(cpu["idle"], cpu["bare"]), 4)}, "params": {"rounds": rounds}}
