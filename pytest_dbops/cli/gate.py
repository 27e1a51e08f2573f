"""`dbops gate`: pytest with the same arguments, and exit codes that tell blocked from inconclusive."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_dbops.core.verdict import Judgement, Scope, Verdict

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.core.report import Report

CODES = {Verdict.PASS: 0, Verdict.PASS_WITH_WARNINGS: 0, Verdict.INCONCLUSIVE: 3, Verdict.BLOCKED: 1}
_USAGE, _INTERRUPTED, _NOTHING = 4, 2, 5


class _Listener:
    """Keeps the report of the session it is registered in."""

    def __init__(self) -> None:
        self.judgement: Judgement | None = None

    def pytest_dbops_verdict(self, report: Report) -> None:
        """Take the report."""
        self.judgement = report.judgement


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say that everything else goes to pytest."""
    parser.usage = "dbops gate [--env NAME] [pytest options]"
    parser.description = (
        "Run the gate of an environment. All further arguments are pytest's: -k, -n 2, --dbops-report, node ids. "
        "A run of a part of the gate never counts as a passed gate: it ends with 3."
    )


def run(context: Context) -> int:
    """Run pytest in this process and return our exit code."""
    import pytest

    listener = _Listener()
    arguments = [f"--dbops-env={context.request().environment}", f"--dbops-config={context.config_file}"]
    status = pytest.main([*arguments, *context.rest], plugins=[listener])
    if listener.judgement is None:
        return {_USAGE: 2, _INTERRUPTED: 130, _NOTHING: 5, 0: 5}.get(int(status), 3)
    return exit_code(listener.judgement, int(status))


def exit_code(judgement: Judgement, status: int) -> int:
    """Return the exit code of a judged run; `status` is pytest's, which may know of more failures."""
    code = CODES[judgement.verdict]
    if code == 0 and status:
        return 130 if status == _INTERRUPTED else 1
    return 3 if code == 0 and judgement.scope is Scope.PARTIAL else code
