"""The schema of test databases, judged at the end of each session that was lent one; findings fail the session.

A finding is told by pytest's own means, as a failure with a node id, so that summaries, JUnit files and exit
statuses have it; it is no test, and changes nothing of what is collected, run or counted as passed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.raised import raised_line
from pytest_dbops.plugin.modes import runs_checks

if TYPE_CHECKING:
    from pytest import Config, Session, TerminalReporter, TestReport

    from pytest_dbops.config.fixtures import SchemaMode
    from pytest_dbops.core.check import Check
    from pytest_dbops.core.outcome import CheckResult
    from pytest_dbops.operations.fixtures.source import FixtureSource, Published
    from pytest_dbops.operations.runs import Run

NAME = "dbops-template-checks"
_TITLE = "dbops: schema of the test databases"


def expect_templates(config: Config, run: Run) -> None:
    """Judge at the end of this session what tests are lent in a run; once, in the process of the session."""
    if not hasattr(config, "workerinput") and not config.pluginmanager.hasplugin(NAME):
        config.pluginmanager.register(TemplateChecks(config, run), NAME)


class TemplateChecks:
    """Registered by what lends the first template, and where workers may do so."""

    def __init__(self, config: Config, run: Run) -> None:
        self._config = config
        self._run = run
        self._told: list[str] = []
        self._is_reporting = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: Session) -> None:
        """Judge each template that was lent, before reports of the session are written."""
        is_over = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if not is_over or not runs_checks(self._config.option):
            return
        for template in self._lent():
            for report in self._reports(template):
                self._report(report)
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self) -> tuple[str, str, str] | None:
        """Count a finding among what failed, without a letter in the line of the tests' progress, which has ended."""
        return ("failed", "", "") if self._is_reporting else None

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Write what was found and does not fail the session."""
        if not self._told:
            return
        terminalreporter.section(_TITLE, yellow=True)
        for text in self._told:
            terminalreporter.write_line(text)

    def _lent(self) -> list[Published]:
        from pytest_dbops.operations.fixtures.source import published_templates

        folder = self._run.shared_folder()
        return [] if folder is None else published_templates(folder)

    def _reports(self, template: Published) -> Iterator[TestReport]:
        """Yield a failure for each check whose findings fail the session; keep the others to be told."""
        from pytest_dbops.config.fixtures import SchemaMode

        source: FixtureSource | None = None
        try:
            source = self._source(template)
            mode = self._mode(source)
            results = self._results(template, source) if mode is not SchemaMode.OFF else ()
        except Exception as err:  # whatever it is, the schema was not judged, and the tests' own results stay
            said = str(err) if isinstance(err, DbopsError) else raised_line(err)
            text = f"the schema of the test databases could not be judged: {said}"
            yield _failure(source, template, "", source.config.mask(text) if source else text)
            return
        yield from self._sorted(results, source, template, mode)

    def _sorted(
        self, results: Iterable[CheckResult], source: FixtureSource, template: Published, mode: SchemaMode
    ) -> Iterator[TestReport]:
        from pytest_dbops.config.fixtures import SchemaMode
        from pytest_dbops.core.outcome import Outcome
        from pytest_dbops.reports.findings import render_findings

        may_skip = source.config.gate.may_skip
        for result in results:
            counts = result.outcome is Outcome.FAILED
            counts |= result.outcome is Outcome.INCONCLUSIVE and result.code not in may_skip
            if counts and mode is SchemaMode.FAIL:
                yield _failure(source, template, result.id, f"{render_findings(result)}\n{_way_out(source)}")
            elif counts or result.outcome is Outcome.WARNED:
                self._told.append(render_findings(result))

    def _source(self, template: Published) -> FixtureSource:
        from pytest_dbops.operations.fixtures.source import find_source

        given = self._config.getoption("dbops_config")
        return find_source(
            self._config.rootpath,
            variables=os.environ,
            file=self._config.invocation_params.dir / given if given else None,
            environment=template.environment,
        )

    def _mode(self, source: FixtureSource) -> SchemaMode:
        from pytest_dbops.config.fixtures import SchemaMode

        given = self._config.getoption("dbops_schema")
        return source.config.fixtures.schema if given is None else SchemaMode(given)

    def _results(self, template: Published, source: FixtureSource) -> tuple[CheckResult, ...]:
        from pytest_dbops.operations.fixtures.judging import judge_schema

        return judge_schema(template, source, self._run, now=datetime.now(UTC), added=self._added())

    def _added(self) -> tuple[Check, ...]:
        found = self._config.hook.pytest_dbops_checks(config=self._config)
        if not found:
            return ()
        from pytest_dbops.checks.registry import checks_in

        return tuple(check for holder in found for check in checks_in(holder))

    def _report(self, report: TestReport) -> None:
        self._is_reporting = True
        try:
            self._config.hook.pytest_runtest_logreport(report=report)
        finally:
            self._is_reporting = False
        known = getattr(self._config.pluginmanager.getplugin("lfplugin"), "lastfailed", None)
        if isinstance(known, dict):
            known.pop(report.nodeid, None)  # `--lf` would look for a test of this name


def _way_out(source: FixtureSource) -> str:
    """Return what can be done but mend it; only what a gate of this environment can be built for has a baseline."""
    project, name = source.config.project, source.environment.name
    known = f"keep what is known by now (dbops baseline write --env {name}), " if project.migrations else ""
    return (
        f"(or: {known}waive it ([[waiver]]), let only errors count ([fixtures] fail_on), or have it only told"
        " (--dbops-schema=warn))"
    )


def _failure(source: FixtureSource | None, template: Published, check: str, text: str) -> TestReport:
    """Return the report of a failure that belongs to no test: `dbops.toml::template::schema::...[postgresql]`."""
    anchor = source.config.file.name if source else "dbops.toml"
    name = "::".join(filter(None, ("template", check))) + f"[{template.dialect}]"
    return pytest.TestReport(
        nodeid=f"{anchor}::{name}", location=(anchor, None, name), keywords={}, outcome="failed", longrepr=text,
        when="call",
    )  # fmt: skip
