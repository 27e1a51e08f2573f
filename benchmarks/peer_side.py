"""Run tests of pytest-alembic as functions, on the database of a URL, and print what they cost as one line of JSON.

Run by the peer's interpreter, which has pytest-alembic and nothing of this project but what `measure` needs. Each
test gets a runner of its own, as its fixture gives it one; imports are done before the clock starts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.measure import Sample, timed_call

_TESTS = {
    "downgrade_leaves_no_trace": "pytest_alembic.tests.experimental.downgrade_leaves_no_trace",
}
_DEFAULT = "pytest_alembic.tests.default"


def main(folder: str, url: str, tests: str, server_pid: str = "") -> None:
    """Run the tests one after another, each on an empty database, and print the sum."""
    import_module("alembic.autogenerate")
    sys.path.insert(0, str(Path(folder).parent))
    wanted = [_named(name) for name in tests.split(",")]
    samples = [_timed(test, folder, url, int(server_pid or 0)) for test in wanted]
    print(
        json.dumps(
            [sum(s.cpu_s for s in samples), sum(s.wall_s for s in samples), sum(s.server_cpu_s for s in samples)]
        )
    )


def _named(name: str) -> Callable[[Any], None]:
    found: Callable[[Any], None] = getattr(import_module(_TESTS.get(name, _DEFAULT)), f"test_{name}")
    return found


def _timed(test: Callable[[Any], None], folder: str, url: str, server_pid: int) -> Sample:
    from sqlalchemy import create_engine, pool

    config, runner = import_module("pytest_alembic.config").Config, import_module("pytest_alembic.runner").runner
    # In memory, as the peer's own fixture has it where nothing else is said.
    engine = create_engine(url, poolclass=pool.StaticPool) if url == "sqlite://" else create_engine(url)
    try:
        with runner(config(config_options={"script_location": folder}), engine) as alembic_runner:
            return timed_call(lambda: test(alembic_runner), server_pid=server_pid or None)
    finally:
        engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
