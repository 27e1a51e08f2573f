"""One gate in one pytest session: collecting it, gathering results from all workers, the verdict."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_dbops.config.logs import close_logging, configure_logging
from pytest_dbops.core.codec import from_json, to_json
from pytest_dbops.core.errors import ConfigError, DbopsError, PolicyRefused
from pytest_dbops.core.outcome import CheckResult
from pytest_dbops.core.raised import raised_line
from pytest_dbops.operations.gate import Gate
from pytest_dbops.plugin.collect import RESULT, AnchorFile, CheckItem
from pytest_dbops.plugin.garbage import Settled, no_garbage_expected
from pytest_dbops.plugin.modes import runs_checks
from pytest_dbops.plugin.outcomes import put_result, result_of, status_of
from pytest_dbops.plugin.request import prepare, withdraw_reports, write

if TYPE_CHECKING:
    from pytest import CallInfo, Collector, Config, Item, Session, TerminalReporter, TestReport

    from pytest_dbops.core.report import Report, Target

WORKER_INPUT = "dbops_run"
WORKER_OUTPUT = "dbops_run"


class GatePlugin:
    """Holds the state of the gate; registered only in sessions that ask for one.

    collects: whether the gate's items belong to this session, or only its environment.
    """

    def __init__(self, config: Config, anchor: Path, environment: str, *, collects: bool) -> None:
        self._config = config
        self._anchor = anchor
        self._collects = collects
        self._results: dict[str, CheckResult] = {}
        self._broken: dict[str, str] = {}
        self._target: Target | None = None
        self._report: Report | None = None
        self._written: tuple[Path, ...] = ()
        self.unwritten = ""
        """Which reports could not be written; empty when all were."""
        self.refused: DbopsError | None = None
        """What kept the target from being found."""
        self.gate: Gate = prepare(config, anchor, environment)
        self.settled = Settled()
        config.add_cleanup(self.settled.undo)  # before pytest's own, which are undone first

    @property
    def runs_items(self) -> bool:
        """Whether items of the gate are run in this session."""
        return self._collects and self._runs()

    # collecting

    def pytest_collect_file(self, file_path: Path, parent: Collector) -> Collector | None:
        """Collect the anchor."""
        if not self._collects or file_path.resolve() != self._anchor:
            return None
        return AnchorFile.of_gate(parent, file_path, self.gate)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Collect without looking for garbage, of which there is none."""
        with no_garbage_expected():
            return (yield)

    def pytest_report_header(self) -> str:
        """Say in one line whose gate this is."""
        from pytest_dbops.plugin.summary import header_line

        return header_line(self.gate, self._anchor)

    # running

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Withdraw the reports of an earlier run: whatever ends this one early, no old verdict stands for it."""
        if self._collects and self._runs() and not self._is_worker():
            try:
                withdraw_reports(self._config, self.gate)
            except DbopsError as err:
                raise pytest.UsageError(self.gate.config.mask(str(err))) from None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Session) -> None:
        """Open the log files that are asked for, and on the controller find the target.

        It is found once, so that a wrong reference is one line and not one a check.
        """
        if not self._collects or not self._runs() or session.testsfailed:
            return
        self.gate.asked = frozenset(item.check.code for item in session.items if isinstance(item, CheckItem))
        with no_garbage_expected():
            self.gate.make_ready()
        self.settled.settle(session.items, CheckItem)
        try:
            if self.gate.config.logging.dir:
                configure_logging(self.gate.config, self.gate.environment)
            if not self._is_worker():
                from pytest_dbops.operations.ahead import expect_project

                expect_project(self.gate)
                self.gate.prepare_target()
        except (ConfigError, PolicyRefused) as err:
            self.refused = err
            raise pytest.UsageError(self.gate.config.mask(str(err))) from None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: Item, call: CallInfo[None]) -> Generator[None, TestReport, TestReport]:
        """Let the result travel on the report, as JSON, so that it crosses xdist."""
        report = yield
        if report.when == "call" and (result := item.stash.get(RESULT, None)) is not None:
            put_result(report, result)
        if isinstance(item, CheckItem):
            report.sections = [(name, self._shown(text)) for name, text in report.sections]
        return report

    def _shown(self, text: str) -> str:
        """Return what a check printed as it may be shown, in characters that every worker can send."""
        return self.gate.config.mask(text).encode("utf-8", "backslashreplace").decode()

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: TestReport) -> Any:
        """Give warned and inconclusive items words of their own."""
        result = result_of(report)
        is_final = report.outcome in ("passed", "failed", "skipped")  # pytest-rerunfailures adds "rerun"
        return status_of(result, is_failed=report.failed) if result is not None and is_final else None

    def pytest_runtest_logreport(self, report: TestReport) -> None:
        """Gather results; an item of ours that broke outside its check is a broken run."""
        result = result_of(report)
        if result is not None:
            self._results[report.nodeid] = result
            self._broken.pop(report.nodeid, None)
        elif report.failed and self._is_ours(report.nodeid):
            self._broken[report.nodeid] = f"{report.nodeid}: {_first_line(report)}"

    def _is_ours(self, nodeid: str) -> bool:
        return self._collects and nodeid.partition("::")[0].rpartition("/")[2] == self._anchor.name

    # xdist; these hooks exist only where xdist is installed

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a new worker the folder in which things made once a run are shared."""
        node.workerinput[WORKER_INPUT] = str(self.gate.run_folder())

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over what a worker knows of the target, or note that it was lost."""
        told = getattr(node, "workeroutput", {}).get(WORKER_OUTPUT)
        if told is not None:
            from pytest_dbops.core.report import Target

            output = json.loads(told)
            self._take(from_json(Target, output["target"]), output["broken"])
        if error:
            self._broken[f"worker {node.gateway.id}"] = f"worker {node.gateway.id} was lost: {error}"

    # ending

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: Session) -> Generator[None, object, object]:
        """Close the target; on the controller judge, write the reports and make the exit status no greener."""
        broken = self.gate.close()
        if hasattr(self._config, "workeroutput"):
            told = {"target": to_json(self.gate.target()), "broken": broken}
            self._config.workeroutput[WORKER_OUTPUT] = json.dumps(told)
        elif self._is_judged(session):
            self._take(self.gate.target(), broken)
            self._judge(session)
        return (yield)

    def _is_judged(self, session: Session) -> bool:
        collected = bool(self._results or self._broken or session.testscollected)
        return self._collects and self._runs() and collected and session.exitstatus != pytest.ExitCode.USAGE_ERROR

    def _runs(self) -> bool:
        return runs_checks(self._config.option)

    def _is_worker(self) -> bool:
        return hasattr(self._config, "workerinput")

    def _take(self, target: Target, broken: str) -> None:
        if self._target is None or target.server or (target.unopened and not self._target.server):
            self._target = target
        if broken:
            self._broken["session"] = broken

    def _judge(self, session: Session) -> None:
        assert self._target is not None
        self._report = self.gate.report(
            tuple(self._results.values()), target=self._target, broken=tuple(self._broken.values())
        )
        self._config.hook.pytest_dbops_verdict(config=self._config, report=self._report)
        try:
            self._written = write(self._config, self.gate, self._report)
        except DbopsError as err:
            self.unwritten = str(err)
        if session.exitstatus == pytest.ExitCode.OK and not self._is_green():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _is_green(self) -> bool:
        return self._report is not None and self.gate.is_green(self._report) and not self.unwritten

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Print the verdict, its reasons and where the reports are."""
        if self._report is not None and terminalreporter.verbosity > -2:
            from pytest_dbops.plugin.summary import write_summary

            write_summary(terminalreporter, self.gate, self._report, self._written)
        if self.unwritten:
            terminalreporter.write_line(f"ERROR: {self.gate.config.mask(self.unwritten)}", red=True)

    def held(self, status: object) -> object:
        """Return the session's exit status, no greener than the verdict, whatever became of it in the meantime."""
        if status != pytest.ExitCode.OK or not self._collects or not self._runs() or self._is_worker():
            return status
        if self._report is None:
            return pytest.ExitCode.NO_TESTS_COLLECTED
        return status if self._is_green() else pytest.ExitCode.TESTS_FAILED

    def ended_by(self, err: SystemExit) -> pytest.ExitCode:
        """Return the exit status of a session that code of the project or of a plugin ended, and say so."""
        line = f"ERROR: the session was ended from inside: {raised_line(err)}"
        sys.stderr.write(f"{self.gate.config.mask(line)}\n")
        return pytest.ExitCode.INTERNAL_ERROR

    def pytest_unconfigure(self) -> None:
        """End what the run owns, and let go of its log files."""
        self.gate.end_run()
        close_logging()


def _first_line(report: TestReport) -> str:
    text = str(report.longrepr).strip() or "broke without a word"
    return text.splitlines()[-1]
