"""A thing that fails once in a run fails the same way in all its processes, without being tried again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError, PolicyRefused

_KINDS: dict[str, type[DbopsError]] = {kind.__name__: kind for kind in (CannotJudge, ConfigError, PolicyRefused)}


@contextmanager
def failing_once(folder: Path | None, name: str) -> Iterator[None]:
    """Remember in the run's folder what the block raised, and raise it at once where it was raised before.

    folder: None when no other process can see this run. Call it under the lock that the work is done under.
    """
    if folder is None:
        yield
        return
    file = folder / f"{name}.failed.json"
    _raise_again(file)
    try:
        yield
    except DbopsError as err:
        write_durably(file, json.dumps({"kind": type(err).__name__, "message": str(err)}).encode())
        raise


def _raise_again(file: Path) -> None:
    try:
        failed = json.loads(file.read_text(encoding="utf-8"))
        error = _KINDS.get(failed["kind"], CannotJudge)(failed["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return
    raise error
