"""The findings of one check as a person reads them: what is wrong, what to do, and the rows that show it."""

from __future__ import annotations

from pytest_dbops.core.finding import Finding, offenders
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.severity import Severity
from pytest_dbops.reports.characters import visible
from pytest_dbops.reports.layout import LONGEST_TEXT, bounded, counted, evidence_table, wrapped
from pytest_dbops.reports.paint import Paint, Style, no_paint

DEFAULT_WIDTH = 100
MOST_FINDINGS = 20
_INDENT = "  "

SEVERITY_STYLES = {
    Severity.INFO: Style.MUTED,
    Severity.WARNING: Style.WARNING,
    Severity.ERROR: Style.BAD,
    Severity.CRITICAL: Style.BAD,
}


def render_findings(
    result: CheckResult, *, width: int = DEFAULT_WIDTH, paint: Paint = no_paint, most: int = MOST_FINDINGS
) -> str:
    """Return all that one check has to say, without frames: the text of a failing item.

    At most `most` findings are shown, worst first; the rest is counted. Findings of the baseline and waived
    ones are named in one line each, since they do not decide.
    """
    return "\n".join([*_heading(result, width, paint), *finding_lines(result, width=width, paint=paint, most=most)])


def _heading(result: CheckResult, width: int, paint: Paint) -> list[str]:
    title = visible(result.title or result.name.replace("_", " "))
    word = weight(result).label if result.outcome in (Outcome.FAILED, Outcome.WARNED) else result.outcome.value
    first = wrapped(f"{visible(result.code)} {word}: {title}", width, hanging=_INDENT)
    return [paint(line, Style.STRONG) for line in first]


def finding_lines(
    result: CheckResult,
    *,
    width: int,
    paint: Paint,
    most: int = MOST_FINDINGS,
    longest: int = LONGEST_TEXT,
    indent: str = "",
) -> list[str]:
    """Return the lines below the heading: the reason, the findings that decide, and a line for those that do not.

    longest: how many characters of one message or hint are shown.
    """
    lines: list[str] = []
    if result.reason:
        lines += wrapped(bounded(visible(result.reason), longest), width, indent=indent)
    new = result.new_findings
    shown = [finding for finding in new[:most] if finding.stands_for == 1]
    worst = weight(result)
    for finding in shown:
        lines += _one_finding(finding, result, worst, width, paint, longest, indent)
    if shown and result.file and not any(finding.hint for finding in shown):
        lines.append(paint(f"{indent}see {visible(result.file)}:{result.line}", Style.MUTED))
    if hidden := offenders(new) - len(shown):
        lines.append(paint(f"{indent}... and {counted(hidden, 'more finding')}", Style.MUTED))
    known = offenders(result.findings) - offenders(new)
    if known:
        verb = "is" if known == 1 else "are"
        note = f"{indent}{counted(known, 'finding')} {verb} known from the baseline and {_do(known)} not decide"
        lines.append(paint(note, Style.MUTED))
    return [*lines, *_waived_lines(result, width, paint, indent)]


def weight(result: CheckResult) -> Severity:
    """Return how bad the worst finding is that decides; the check's own severity where there is none."""
    return max((finding.severity or result.severity for finding in result.new_findings), default=result.severity)


def _do(number: int) -> str:
    return "does" if number == 1 else "do"


def _one_finding(
    finding: Finding, result: CheckResult, worst: Severity, width: int, paint: Paint, longest: int, indent: str
) -> list[str]:
    severity = finding.severity or result.severity
    own_word = "" if severity is worst else f"{severity.label}: "
    text = own_word + bounded(_told(finding, result), longest)
    lines = wrapped(text, width, indent=indent, hanging=indent + _INDENT)
    if paint is not no_paint:
        lines[0] = _painted_subject(lines[0], visible(finding.subject), SEVERITY_STYLES[severity], paint)
    if finding.hint:
        hint = f"{indent}{_INDENT}fix: "
        lines += wrapped(bounded(visible(finding.hint), longest), width, indent=hint, hanging=" " * len(hint))
    if finding.evidence:
        inner = indent + 2 * _INDENT
        table = evidence_table(finding.evidence, width - len(inner))
        lines += [paint(inner + line, Style.MUTED) for line in table]
    return lines


def _told(finding: Finding, result: CheckResult) -> str:
    """Return the sentence of a finding below its check's heading, which is not told again."""
    return visible(finding.subject) if finding.message == result.title and finding.subject else _sentence(finding)


def _sentence(finding: Finding) -> str:
    """Return what was found with the object it was found in, which many messages name themselves."""
    subject, message = visible(finding.subject), visible(finding.message)
    if not message or not subject or f"'{subject}'" in message:
        return message or subject
    return f"{subject}: {message}"


def _painted_subject(line: str, subject: str, style: Style, paint: Paint) -> str:
    before, found, after = line.partition(subject) if subject else (line, "", "")
    return f"{before}{paint(found, style)}{after}" if found else line


def _waived_lines(result: CheckResult, width: int, paint: Paint, indent: str) -> list[str]:
    lines: list[str] = []
    for waiver in dict.fromkeys(waived.waiver for waived in result.waived):
        subjects = [waived.finding.subject for waived in result.waived if waived.waiver == waiver]
        what = subjects[0] if len(subjects) == 1 else counted(len(subjects), "finding")
        text = f"{what} waived until {waiver.expires.isoformat()} by {waiver.owner}: {waiver.reason}"
        lines += wrapped(bounded(visible(text)), width, indent=indent, hanging=indent + _INDENT)
    return [paint(line, Style.MUTED) for line in lines]


def summary_of(result: CheckResult) -> str:
    """Return one line: the reason, or the worst finding and how many more there are."""
    shown = result.new_findings or result.findings
    if result.reason:
        return visible(result.reason)
    if not shown:
        return visible(result.title or result.name.replace("_", " "))
    number = offenders(shown)
    more = f" (and {number - 1:,} more)" if number > 1 else ""
    return f"{_sentence(shown[0])}{more}"
