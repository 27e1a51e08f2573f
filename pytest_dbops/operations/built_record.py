"""What a kept database was made of, written into the project's `.dbops` folder, and whether that still holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.operations.build import BuildOrder, Built, stamp_of


def write_record(file: Path, built: Built, *, template: str = "") -> None:
    """Write what a build was made of; template: the name of what was kept of it, if not a file beside the record."""
    write_durably(file, json.dumps({**asdict(built), "template": template}).encode())


def current_template(file: Path, order: BuildOrder) -> str | None:
    """Return the recorded template while all that shaped it is as it was; None when it is not, or not known."""
    try:
        record = json.loads(file.read_bytes())
        heads, files, read, libraries = (tuple(record[name]) for name in ("heads", "files", "read", "libraries"))
        is_current = record["stamp"] and record["stamp"] == stamp_of(order, Built(heads, files, read, libraries))
        return str(record["template"]) if is_current else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def make_folder(folder: Path) -> None:
    """Make the folder of what is ours; it never shows in the project's version control. Raises CannotJudge."""
    try:
        folder.mkdir(exist_ok=True)
        if not (folder / ".gitignore").exists():
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as err:
        raise CannotJudge(
            f"the embedded database has no place: {str(folder)!r} cannot be made: {err.strerror} (make the project's"
            " folder writable, or give the environment a url)"
        ) from err
