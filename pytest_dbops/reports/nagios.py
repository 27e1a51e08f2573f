"""The report as a monitoring plugin prints it: a status line with performance data, then long output.

Format and exit codes: Monitoring Plugins Development Guidelines, "Plugin Output" and "Performance data".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.report import Report
from pytest_dbops.core.verdict import Scope, Verdict
from pytest_dbops.reports.characters import visible
from pytest_dbops.reports.findings import summary_of
from pytest_dbops.reports.layout import counted, shortened
from pytest_dbops.reports.text import by_reason, verdict_reason, verdict_word

_MOST_BYTES = 4096
_LINE_WIDTH = 200


class Status(IntEnum):
    """The exit code of a monitoring plugin; the name is the word it prints."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Measure:
    """One piece of performance data.

    unit: `s`, `%`, `B`, `c` or empty. warn, crit: ranges outside which a value alerts, as in `0` or `10:`.
    """

    label: str
    value: float
    unit: str = ""
    warn: str = ""
    crit: str = ""
    minimum: float | None = None
    maximum: float | None = None

    @property
    def text(self) -> str:
        """`'label'=value[unit];warn;crit;min;max`, a quote in the label doubled, no equals sign in it."""
        label = _line(self.label).replace("'", "''").replace("=", "-")
        value = _number(self.value)
        bounds = (self.warn, self.crit, _number(self.minimum), _number(self.maximum))
        return f"'{label}'={value if value == 'U' else value + self.unit};{';'.join(bounds)}"


def nagios_status(report: Report, *, asked: Scope = Scope.FULL) -> Status:
    """Return the exit code; a partial run is OK only where a part was asked for."""
    if report.judgement.verdict is Verdict.BLOCKED:
        return Status.CRITICAL
    if report.judgement.verdict is Verdict.INCONCLUSIVE or (report.judgement.scope, asked) == (
        Scope.PARTIAL,
        Scope.FULL,
    ):
        return Status.UNKNOWN
    return Status.OK if report.judgement.verdict is Verdict.PASS else Status.WARNING


def render_nagios(report: Report, measures: Sequence[Measure] = (), *, asked: Scope = Scope.FULL) -> str:
    """Return the status line and, below it, one line for each thing that is not as it should be.

    Ends with a line feed; at most 4 KiB, which is all that monitoring reads; lines left out are counted.
    """
    head = f"DBOPS {nagios_status(report, asked=asked).name} - {report.target.environment}: {verdict_reason(report)}"
    if report.judgement.scope is Scope.PARTIAL:
        ran = sum(result.outcome is not Outcome.SKIPPED for result in report.results)
        head += f" (asked {ran:,} of {counted(report.expected, 'check')})"
    data = " ".join(measure.text for measure in (*_counts(report), *measures))
    lines = [f"{_line(head)} | {data}"]
    details = _details(report)
    room = _MOST_BYTES - len(lines[0].encode()) - 32
    for position, line in enumerate(details):
        room -= len(line.encode()) + 1
        if room < 0:
            lines.append(f"... and {len(details) - position:,} more")
            break
        lines.append(line)
    return "\n".join(lines) + "\n"


def _counts(report: Report) -> list[Measure]:
    """Return how many checks had each outcome that matters, against all there are, and how long it took."""
    limits = {
        Outcome.FAILED: ("", "0"),
        Outcome.INCONCLUSIVE: ("0", ""),
        Outcome.WARNED: ("0", ""),
        Outcome.WAIVED: ("", ""),
        Outcome.PASSED: ("", ""),
    }
    measures = [
        Measure(outcome.value, report.count(outcome), "", warn, crit, 0, report.expected)
        for outcome, (warn, crit) in limits.items()
    ]
    return [*measures, Measure("duration", round(report.duration_s, 3), "s", minimum=0)]


def _details(report: Report) -> list[str]:
    opened = report.target.server or report.target.unopened or "never reached"
    lines = [f"{verdict_word(report)} on {report.target.display_url} ({opened})"]
    reasons = {result.reason for result in report.results}
    lines += [problem.message for problem in report.judgement.problems if problem.message not in reasons]
    for outcome in (Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.WARNED):
        shown = [result for result in report.results if result.outcome is outcome]
        lines += [f"{outcome.value} {_codes(alike)} {summary_of(alike[0])}" for alike in by_reason(shown)]
    return [shortened(_line(line), _LINE_WIDTH) for line in lines]


def _codes(results: Sequence[CheckResult]) -> str:
    """Return the first code, and how many more there are for the same reason."""
    more = len(results) - 1
    return f"{results[0].code} and {more:,} more:" if more else results[0].code


def _line(text: str) -> str:
    """Return the text without what has a meaning in this format: a line feed and the bar before the data."""
    return visible(text).replace("\n", " ").replace("\t", " ").replace("|", "/")


def _number(value: float | None) -> str:
    """Return a number without needless decimals; `U` stands for one that could not be determined."""
    if value is None:
        return ""
    if not math.isfinite(value):
        return "U"
    return str(int(value)) if value == int(value) else repr(value)
