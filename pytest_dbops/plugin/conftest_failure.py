"""A conftest.py that fails while a gate is asked for is told in one line, like any other bad input."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

import pytest

from pytest_dbops.config.process_mask import mask_of_process
from pytest_dbops.core.raised import raised_line


def told_in_one_line(err: BaseException, args: list[str]) -> BaseException:
    """Return the error to raise: one line for a conftest.py of a gate, else the error as it is."""
    # pytest wraps an Exception of a conftest.py; an exit comes as it is, and its frames tell the file.
    file, cause = getattr(err, "path", None), getattr(err, "cause", None)
    if cause is None and not isinstance(err, Exception):
        file, cause = _conftest_in(err), err
    if file is None or cause is None or not _asks_for_gate(args):
        return err
    return pytest.UsageError(mask_of_process(os.environ)(_conftest_line(Path(file), cause)))


def _conftest_in(err: BaseException) -> str:
    """Return the last file the error came through that is a conftest.py, else the last one of all."""
    files = [frame.filename for frame in traceback.extract_tb(err.__traceback__)]
    return next((file for file in reversed(files) if Path(file).name == "conftest.py"), files[-1])


def _asks_for_gate(args: list[str]) -> bool:
    return any(arg == "--dbops-env" or arg.startswith("--dbops-env=") for arg in args)


def _conftest_line(file: Path, cause: BaseException) -> str:
    line, trace = 0, cause.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename) == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    place = f"{file}:{line}" if line else str(file)
    return f"{place} fails to load: {raised_line(cause)} (no gate was run)"
