"""`dbops gate`: pytest with the same arguments, and exit codes that tell blocked from inconclusive."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_dbops.cli.shapes import REPORT
from pytest_dbops.core.errors import UsageError
from pytest_dbops.core.verdict import Judgement, Scope, Verdict

if TYPE_CHECKING:
    from pytest import Config, ExceptionInfo

    from pytest_dbops.cli.context import Context
    from pytest_dbops.core.errors import DbopsError
    from pytest_dbops.core.report import Report

CODES = {Verdict.PASS: 0, Verdict.PASS_WITH_WARNINGS: 0, Verdict.INCONCLUSIVE: 3, Verdict.BLOCKED: 1}
INTERRUPTED = 130
_USAGE, _NOTHING = 4, 5

JSON = {"": REPORT}
_ABOUT = """\
Run the gate of an environment: pytest --dbops-env=NAME, with exit codes that
tell blocked (1) from inconclusive (3). All arguments but the common options go
to pytest: -k, -n 2, -q, --dbops-report, node ids; see pytest --help.

A run of a part of the gate never counts as a passed gate: it ends with 3 even
if all it asked passed. A session that judged nothing ends with 5, one that was
interrupted with 130 whatever it had seen, and one without blockers whose
reports could not be written with 2.
"""
_EXAMPLES = """\
examples:
  dbops gate --env staging
  dbops gate --env staging -n 2 --dbops-fail-on=warning
  dbops gate --env testing dbops.toml::schema
"""


class _Listener:
    """Keeps what became of the gate in its session: the report, its secrets masked, or a refusal."""

    def __init__(self) -> None:
        self.report: Report | None = None
        self.refused: DbopsError | None = None
        self.unwritten = ""
        self.is_interrupted = False

    def pytest_dbops_verdict(self, config: Config, report: Report) -> None:
        """Take the report."""
        from pytest_dbops.reports.masking import masked

        gate: Any = config.pluginmanager.getplugin("dbops-gate")
        self.report = masked(report, gate.gate.config.mask)

    def pytest_unconfigure(self, config: Config) -> None:
        """Take what kept the gate from being judged, or its reports from being written."""
        gate: Any = config.pluginmanager.getplugin("dbops-gate")
        self.refused, self.unwritten = getattr(gate, "refused", None), getattr(gate, "unwritten", "")

    def pytest_keyboard_interrupt(self, excinfo: ExceptionInfo[BaseException]) -> None:
        """Tell an interrupt by the user from pytest's own, such as that of --stepwise, which are of a kind below it."""
        self.is_interrupted = excinfo.type is KeyboardInterrupt


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say that everything else goes to pytest."""
    parser.usage = "dbops gate [common options] [pytest options] [NODE ID ...]"
    parser.description, parser.epilog = _ABOUT, _EXAMPLES


def run(context: Context) -> int:
    """Run pytest in this process and return our exit code."""
    import pytest

    from pytest_dbops.operations.aside import descriptor_aside

    _refuse_bare_environment(context)
    listener, wants_json = _Listener(), context.is_json
    arguments = [f"--dbops-env={context.request().environment}", f"--dbops-config={context.config_file}"]
    # What pytest and its children print goes to standard error, so that standard output is the document alone.
    with descriptor_aside() if wants_json else nullcontext():
        status = int(pytest.main([*arguments, *context.rest], plugins=[listener]))
    if listener.report is None and listener.is_interrupted:
        return INTERRUPTED
    if listener.report is None and listener.refused is not None:
        return listener.refused.exit_code
    if listener.report is None:
        return {_USAGE: 2, _NOTHING: 5, 0: 5}.get(status, 3)
    if wants_json:
        from pytest_dbops.reports.json_report import render_json

        context.say_raw(render_json(listener.report))
    if listener.is_interrupted:
        return INTERRUPTED
    if listener.unwritten and not CODES[listener.report.judgement.verdict]:
        raise UsageError(f"{listener.unwritten} (what was judged is no blocker)")
    return exit_code(listener.report.judgement, status)


def _refuse_bare_environment(context: Context) -> None:
    """Raise for `dbops gate staging`: to pytest that is a path, beside the gate of another environment."""
    word = context.rest[0] if context.rest else ""
    if word and not word.startswith("-") and not Path(word).exists() and word in context.config.environments:
        raise UsageError(f"there is no path {word!r}; an environment is named by --env (run: dbops gate --env {word})")


def exit_code(judgement: Judgement, status: int) -> int:
    """Return the exit code of a judged run; `status` is pytest's, which may know of more failures."""
    code = CODES[judgement.verdict]
    if code == 0 and status:
        return 1
    return 3 if code == 0 and judgement.scope is Scope.PARTIAL else code
