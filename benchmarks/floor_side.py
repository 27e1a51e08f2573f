"""Let alembic run every revision up, down and up again and nothing else, and print what that costs as one JSON line.

No walk that leaves the steps to alembic can cost less: one run of env.py, one connection, one transaction a step, and
nothing of this project in the process but what measures. Imports are done before the clock starts; loading the history
is not, as on both sides of a comparison.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.measure import timed_call


def main(folder: str, url: str, server_pid: str = "") -> None:
    """Step through once and print the cost."""
    sys.path.insert(0, str(Path(folder).parent))
    for name in ("alembic.autogenerate", "sqlite3" if url.startswith("sqlite") else "psycopg"):
        import_module(name)
    sample = timed_call(lambda: step_through(folder, url), server_pid=int(server_pid or 0) or None)
    print(json.dumps([sample.cpu_s, sample.wall_s, sample.server_cpu_s]))


def step_through(folder: str, url: str) -> None:
    """Run every revision of a linear history up, down and up again, oldest first, each step committed."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationStep
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", folder)
    config.set_main_option("sqlalchemy.url", url)
    script = ScriptDirectory.from_config(config)
    revisions = list(script.walk_revisions())[::-1]

    def steps(*_: Any) -> Iterator[Any]:
        for revision in revisions:
            up = MigrationStep.upgrade_from_script(script.revision_map, revision)
            yield up
            yield MigrationStep.downgrade_from_script(script.revision_map, revision)
            yield up

    with EnvironmentContext(config, script, fn=steps):
        script.run_env()


if __name__ == "__main__":
    main(*sys.argv[1:])
