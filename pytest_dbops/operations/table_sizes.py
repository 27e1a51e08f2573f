"""Export how big a target's tables are, so that locks can be judged where the target cannot be reached."""

from __future__ import annotations

from pathlib import Path

from pytest_dbops.backends import backend_for
from pytest_dbops.config.model import Config
from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.errors import UsageError
from pytest_dbops.core.observed.sizes import Sizes, render_sizes, sizes_of
from pytest_dbops.operations.build import Progress
from pytest_dbops.operations.environments import open_environment


def read_sizes(config: Config, name: str | None, *, progress: Progress) -> Sizes:
    """Return the sizes of an environment's tables, by the read-only session of a gate; no table is read."""
    with open_environment(config, name, progress=progress) as (environment, _, session):
        progress(f"reading the statistics of {environment.name}")
        return sizes_of(backend_for(environment.dialect).read_statistics(session), environment.name)


def write_sizes(sizes: Sizes, file: Path) -> None:
    """Write what `load_sizes` reads; raises UsageError when the file cannot be written."""
    try:
        write_durably(file, render_sizes(sizes).encode("utf-8"))
    except OSError as err:
        raise UsageError(f"--output {str(file)!r} cannot be written: {err.strerror}") from None
