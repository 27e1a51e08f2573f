"""Begin to start the server that a project's last session had, before it is known whether this one wants it.

To find that out (configuration, history, binaries, what is kept) takes as long as to copy a cluster and to start its
server, which are the work of other processes. A start that nobody takes up is ended, and not begun again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.provisioning import launch
from pytest_dbops.provisioning.accounts import Account
from pytest_dbops.provisioning.clusters import begin_copy, folder_for
from pytest_dbops.provisioning.images import Recipe
from pytest_dbops.provisioning.places import roots_with_room
from pytest_dbops.provisioning.runs import RunFolder

FOLDER = "starts"


class HeadStart:
    """What a project's last session was noted to have, and, until it is taken or given up, its start."""

    def __init__(self, run: RunFolder, project: Path) -> None:
        name = hashlib.sha256(str(project).encode()).hexdigest()[:16]
        self._run = run
        self._file = run.places.cache / FOLDER / f"{name}.json"
        self._noted: tuple[Recipe, Path] | None = None
        self._begun: tuple[Path, launch.Begun] | None = None

    def begin(self) -> None:
        """Begin what was noted; does nothing where nothing was, or where it cannot be done."""
        with suppress(OSError, ValueError, KeyError, TypeError, CannotJudge):
            self._noted = recipe, image = _parse(json.loads(self._file.read_bytes()))
            folder = folder_for(self._run, roots_with_room(self._run.places)[0], recipe.account)
            try:
                self._begun = folder, begin_copy(self._run, recipe, image, folder)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise

    def take(self, recipe: Recipe, image: Path, meanwhile: Callable[[], None]) -> tuple[Path, launch.Supervised] | None:
        """Return the folder and the server if it is what is wanted and its files could be copied; None if it is not.

        meanwhile: is called before it is waited for.
        """
        if self._begun is None or self._noted != (recipe, image):
            self.close()
            return None
        meanwhile()
        (folder, begun), self._begun = self._begun, None
        with suppress(OSError, CannotJudge):
            return folder, begun.started()
        return None

    def note(self, recipe: Recipe, image: Path) -> None:
        """Note what the next session may begin with; where nothing can be written, it begins with nothing."""
        if self._noted == (recipe, image):
            return
        noted = {**asdict(recipe), "bindir": str(recipe.bindir), "image": str(image)}
        with suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_durably(self._file, json.dumps(noted).encode())

    def close(self) -> None:
        """End a start that nobody has taken."""
        if self._begun is not None:
            (_, begun), self._begun = self._begun, None
            begun.abandon()
            self._noted = None
            self._file.unlink(missing_ok=True)


def _parse(noted: Any) -> tuple[Recipe, Path]:
    account = Account(**noted["account"]) if noted["account"] else None
    settings = tuple((str(name), str(value)) for name, value in noted["settings"])
    return Recipe(Path(str(noted["bindir"])), str(noted["version"]), settings, account), Path(str(noted["image"]))
