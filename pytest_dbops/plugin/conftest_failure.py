"""A conftest.py that fails while a gate is asked for is told in one line, like any other bad input."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_dbops.config.process_mask import mask_of_process


def told_in_one_line(err: Exception, args: list[str]) -> Exception:
    """Return the error to raise: one line for a conftest.py of a gate, else the error as it is."""
    file, cause = getattr(err, "path", None), getattr(err, "cause", None)
    if file is None or cause is None or not _asks_for_gate(args):
        return err
    return pytest.UsageError(mask_of_process(os.environ)(_conftest_line(Path(file), cause)))


def _asks_for_gate(args: list[str]) -> bool:
    return any(arg == "--dbops-env" or arg.startswith("--dbops-env=") for arg in args)


def _conftest_line(file: Path, cause: BaseException) -> str:
    line, trace = 0, cause.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename) == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    place = f"{file}:{line}" if line else str(file)
    text = " ".join(str(cause).split())
    return f"{place} fails to load: {type(cause).__name__}: {text} (no gate was run)"
