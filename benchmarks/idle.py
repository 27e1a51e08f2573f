"""What a session pays that has the plugin installed and does not use it.

Both sides run the same one test in a process of its own, with all other plugins kept out
(PYTEST_DISABLE_PLUGIN_AUTOLOAD): `idle` names ours by `-p`, `bare` names none. One test is the worst case: whatever
else a session does makes the share smaller. Byte code is cached on both sides, as it is for users.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import interleaved, print_timings, ratio, timed_command

NAME = "idle"
CLAIMS = {"cpu_ratio": "CPU of pytest with the idle plugin / without it, for a session of one test"}
_TEST = "def test_nothing():\n    pass\n"
_APART = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def run(quick: bool) -> dict[str, Any]:
    """Return the measure and how it was taken."""
    rounds = 21 if quick else 61
    bare = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text(_TEST)
        (folder / "pytest.ini").write_text("[pytest]\n")
        timings = interleaved(
            {
                "bare": lambda: timed_command(bare, cwd=folder, env=_APART),
                "idle": lambda: timed_command((*bare, "-p", "pytest_dbops.plugin"), cwd=folder, env=_APART),
            },
            rounds=rounds,
            warmups=2,
        )
    print_timings(timings)
    cpu = {name: timing.cpu_s() for name, timing in timings.items()}
    return {"measures": {"cpu_ratio": round(ratio(cpu["idle"], cpu["bare"]), 4)}, "params": {"rounds": rounds}}
