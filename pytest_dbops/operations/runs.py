"""The run this process belongs to: owned by it, or by the controller it works for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytest_dbops.provisioning.ending import close_run
from pytest_dbops.provisioning.runs import RunFolder, attach_run, create_run


class Run:
    """A run's folder, made or attached when it is first needed; servers started in it end with its owner."""

    def __init__(self, folder: Path | None) -> None:
        self._given = folder
        self._made: RunFolder | None = None

    def get(self) -> RunFolder:
        """Return the run, made by this process unless another process's folder was given."""
        if self._made is None:
            self._made = create_run() if self._given is None else attach_run(self._given)
        return self._made

    def folder(self) -> Path:
        """Return the folder all processes of the run see."""
        return self.get().path

    def shared_folder(self) -> Path | None:
        """Return the folder that other processes may see by now; makes none."""
        return self._made.path if self._made is not None else self._given

    def end(self, before: Callable[[RunFolder], None]) -> None:
        """End what this process owns, after `before` has run; a worker owns nothing."""
        if self._made is None or self._given is not None:
            return
        made, self._made = self._made, None
        try:
            before(made)
        finally:
            close_run(made)
