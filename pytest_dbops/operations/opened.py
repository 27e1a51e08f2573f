"""What a process of ours read of a project beside its Python files: a revision may take its rows from anywhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

_CODE = (".py", ".pyc", ".pyi")


def watch_opened(root: Path) -> Callable[[], list[str]]:
    """Note from here on which files below `root` are opened to be read; returns what lists them, relative to it.

    Python's audit hooks cannot be taken away again: this is for a process that ends with its work.
    """
    start = f"{root.resolve()}{os.sep}"
    found: set[str] = set()

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event != "open" or not isinstance(arguments[1], str) or not _reads(arguments[1]):
            return
        path = arguments[0]
        if isinstance(path, str | os.PathLike) and isinstance(text := os.fspath(path), str):
            whole = os.path.abspath(text)  # noqa: PTH100  # resolving links here would open files itself
            if whole.startswith(start) and not whole.endswith(_CODE):
                found.add(whole.removeprefix(start))

    sys.addaudithook(hear)
    return lambda: sorted(name for name in found if not _is_hidden(name) and (root / name).is_file())


def _reads(mode: str) -> bool:
    return mode.startswith("r") and "+" not in mode


def _is_hidden(name: str) -> bool:
    """Whether it lies in a folder that tools keep for themselves."""
    return any(part.startswith((".", "__pycache__")) for part in Path(name).parts[:-1])
