"""A conftest.py that fails while a gate is asked for is told in one line, like any other bad input."""

from __future__ import annotations

import os
import traceback
from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_dbops.config.process_mask import mask_of_process
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.raised import raised_line

if TYPE_CHECKING:
    from pytest import Config


def told_in_one_line(err: BaseException, config: Config) -> BaseException:
    """Return the error to raise: one line for a conftest.py of a gate, else the error as it is.

    Reports of an earlier run are withdrawn: they are none of this one.
    """
    options, here = config.known_args_namespace, config.invocation_params.dir
    # pytest wraps an Exception of a conftest.py; an exit comes as it is, and its frames tell the file.
    file, cause = getattr(err, "path", None), getattr(err, "cause", None)
    if cause is None and not isinstance(err, Exception):
        file, cause = _conftest_in(err), err
    if file is None or cause is None or not options.dbops_env:
        return err
    _withdraw_reports(options, here)
    return pytest.UsageError(mask_of_process(os.environ)(_conftest_line(Path(file), cause)))


def _conftest_in(err: BaseException) -> str:
    """Return the last file the error came through that is a conftest.py, else the last one of all."""
    files = [frame.filename for frame in traceback.extract_tb(err.__traceback__)]
    return next((file for file in reversed(files) if Path(file).name == "conftest.py"), files[-1])


def _withdraw_reports(options: Namespace, here: Path) -> None:
    if options.file_or_dir and not any(".toml" in path for path in options.file_or_dir):
        return
    from pytest_dbops.config.document import find_config
    from pytest_dbops.plugin.stale import withdraw_stale_reports

    with suppress(DbopsError):
        anchor = here / options.dbops_config if options.dbops_config else find_config(here)
        withdraw_stale_reports(options, here, anchor, options.dbops_env)


def _conftest_line(file: Path, cause: BaseException) -> str:
    line, trace = 0, cause.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename) == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    place = f"{file}:{line}" if line else str(file)
    return f"{place} fails to load: {raised_line(cause)} (no gate was run)"
