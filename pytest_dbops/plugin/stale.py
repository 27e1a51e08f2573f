"""A gate that ends before it could start leaves no report of an earlier run, which may say that it passed."""

from __future__ import annotations

import os
from argparse import Namespace
from contextlib import suppress
from pathlib import Path

from pytest_dbops.config.load import load_config
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.plugin.modes import runs_checks
from pytest_dbops.reports.write import DEFAULT_FOLDER, remove_reports, report_folder


def withdraw_stale_reports(options: Namespace, here: Path, anchor: Path, environment: str) -> None:
    """Remove the reports of an environment whose gate was to run and cannot be prepared; never raises.

    here: what paths of options are relative to. Where the configuration itself cannot be read, reports are looked
    for where they lie by default.
    """
    if not runs_checks(options):
        return
    root = anchor.parent / DEFAULT_FOLDER
    with suppress(DbopsError):
        found = load_config(anchor, variables=os.environ)
        root = found.path(found.gate.reports_dir)
    given = options.dbops_report_dir
    with suppress(DbopsError):
        remove_reports(environment, here / given if given else report_folder(environment, root))
