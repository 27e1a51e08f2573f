"""The report as a person reads it, in a terminal and in `gate.txt`: the verdict first, then what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.report import Report, Target
from pytest_dbops.core.verdict import ProblemKind, Scope, Verdict
from pytest_dbops.core.waiver import Waiver
from pytest_dbops.reports.characters import visible
from pytest_dbops.reports.findings import DEFAULT_WIDTH, MOST_FINDINGS, finding_lines, weight
from pytest_dbops.reports.layout import bounded, counted, wrapped
from pytest_dbops.reports.paint import Paint, Style, no_paint

SOON_DAYS = 14

VERDICT_STYLES = {
    Verdict.PASS: Style.GOOD,
    Verdict.PASS_WITH_WARNINGS: Style.WARNING,
    Verdict.INCONCLUSIVE: Style.UNSURE,
    Verdict.BLOCKED: Style.BAD,
}
_OUTCOME_ORDER = (
    Outcome.FAILED,
    Outcome.INCONCLUSIVE,
    Outcome.WARNED,
    Outcome.WAIVED,
    Outcome.PASSED,
    Outcome.SKIPPED,
)


def render_text(
    report: Report,
    *,
    paths: Sequence[Path] = (),
    width: int = DEFAULT_WIDTH,
    paint: Paint = no_paint,
    most: int = MOST_FINDINGS,
    reasons_in: str = "",
) -> str:
    """Return the whole report as lines of at most `width` columns, ending with a line feed.

    paths: where the reports lie, listed at the end. most: how many findings of one check are shown. reasons_in: where
    the reasons of skipped checks are read, which are then not listed here.
    Only long words, such as a path or a statement, may be wider than `width`.
    """
    sections = [
        [_headline(report, paint)],
        _facts(report, width, paint),
        _blockers(report, width, paint, most),
        _inconclusive(report, width, paint, most),
        _warnings(report, width, paint, most),
        _waived(report, width, paint),
        _expiring(report, width, paint),
        _not_run(report, width, paint),
        _skipped(report, width, paint, reasons_in),
        _notes(report, width, paint),
        _paths(paths, paint),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def verdict_word(report: Report) -> str:
    """Return the verdict in capitals, and that a run was partial: `PASS (partial run)`."""
    word = report.judgement.verdict.value.upper()
    return f"{word} (partial run)" if report.judgement.scope is Scope.PARTIAL else word


def verdict_reason(report: Report) -> str:
    """Return why, in half a line: `2 checks failed, 1 waiver expired`."""
    kinds = [problem.kind for problem in report.judgement.problems]
    counts = [
        (report.count(Outcome.FAILED), "check", "failed"),
        (kinds.count(ProblemKind.WAIVER_EXPIRED), "waiver", "expired"),
        (report.count(Outcome.INCONCLUSIVE), "check", "could not be judged"),
        (report.count(Outcome.WARNED), "check", "warned"),
        (kinds.count(ProblemKind.WAIVER_UNUSED), "waiver", "unused"),
    ]
    reasons = [sentence for kind, sentence in _OTHER_PROBLEMS.items() if kind in kinds]
    reasons += [f"{counted(number, noun)} {verb}" for number, noun, verb in counts if number]
    return ", ".join(reasons) or f"{counted(report.count(Outcome.PASSED), 'check')} passed"


_OTHER_PROBLEMS = {
    ProblemKind.BROKEN_RUN: "the run broke off",
    ProblemKind.NOTHING_JUDGED: "nothing was judged",
}


def _headline(report: Report, paint: Paint) -> str:
    word = paint(verdict_word(report), VERDICT_STYLES[report.judgement.verdict])
    return f"{word}  {visible(report.target.environment)}: {verdict_reason(report)}"


def _facts(report: Report, width: int, paint: Paint) -> list[str]:
    target = report.target
    ran = f"{len(report.results):,} of {counted(report.expected, 'check')}"
    scope = f"full gate, {counted(len(report.results), 'check')}"
    if report.judgement.scope is Scope.PARTIAL:
        left_out = [problem.message for problem in report.judgement.problems if problem.kind is ProblemKind.NOT_RUN]
        scope = f"partial run, {', '.join(left_out) or ran}; it never counts as a passed gate"
    facts = {
        "environment": target.environment + ("" if target.environment == target.kind else f" ({target.kind})"),
        "database": target.place or target.display_url,
        "server": _server(target),
        "scope": f"{scope}, in {_duration(report.duration_s)}",
        "checks": _outcomes(report),
        **({"revisions": report.revisions} if report.revisions else {}),
        **_baseline(report),
        "run": f"{report.started_at.isoformat(' ', 'seconds')} by pytest-dbops {report.tool_version}",
    }
    lines: list[str] = []
    for name, value in facts.items():
        label = f"  {name:<11}  "
        first, *more = wrapped(visible(value), width, indent=label, hanging=" " * len(label))
        lines += [paint(label, Style.MUTED) + first[len(label) :], *more]
    return lines


def _baseline(report: Report) -> dict[str, str]:
    if not report.baseline:
        return {}
    known = report.count_known()
    verb = "does" if known == 1 else "do"
    return {"baseline": f"{counted(known, 'finding')} known from {report.baseline} {verb} not decide"}


def _server(target: Target) -> str:
    if not target.server:
        return target.unopened or "never reached"
    # On a server of the tool's own the role has a random name, as the database has.
    return f"{target.server}, as {target.role}" if target.role and not target.place else target.server


def _outcomes(report: Report) -> str:
    counts = [(report.count(outcome), outcome.value) for outcome in _OUTCOME_ORDER]
    return ", ".join(f"{number:,} {word}" for number, word in counts if number) or "none ran"


def _duration(seconds: float) -> str:
    if not 0 <= seconds < 1e9:
        return "an unknown time"
    if seconds >= 60:
        return f"{int(seconds // 60)} min {seconds % 60:.0f} s"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _blockers(report: Report, width: int, paint: Paint, most: int) -> list[str]:
    return _section(report, "Blockers", Verdict.BLOCKED, Outcome.FAILED, width, paint, most)


def _inconclusive(report: Report, width: int, paint: Paint, most: int) -> list[str]:
    return _section(report, "Inconclusive", Verdict.INCONCLUSIVE, Outcome.INCONCLUSIVE, width, paint, most)


def _warnings(report: Report, width: int, paint: Paint, most: int) -> list[str]:
    return _section(report, "Warnings", Verdict.PASS_WITH_WARNINGS, Outcome.WARNED, width, paint, most)


def _section(
    report: Report, title: str, verdict: Verdict, outcome: Outcome, width: int, paint: Paint, most: int
) -> list[str]:
    """Return the problems of the run and the checks that weigh the same, under one heading."""
    results = [result for result in report.results if result.outcome is outcome]
    reasons = {result.reason for result in results}  # A connection that was lost is told once.
    problems = [p for p in report.judgement.problems if p.verdict is verdict and p.message not in reasons]
    if not problems and not results:
        return []
    entries = [wrapped(bounded(visible(problem.message)), width, indent="  ", hanging="    ") for problem in problems]
    for alike in by_reason(results):
        if len(alike) == 1:
            entries.append(_check_lines(alike[0], VERDICT_STYLES[verdict], width, paint, most))
        else:
            entries.append(_shared_reason(alike, width, paint))
    heading = paint(f"{title} ({len(problems) + len(results):,})", Style.HEADING)
    return [heading, *entries[0], *(line for entry in entries[1:] for line in ("", *entry))]


def by_reason(results: Sequence[CheckResult]) -> list[list[CheckResult]]:
    """Return results in order, those together that found nothing and give one and the same reason."""
    groups: dict[str | int, list[CheckResult]] = {}
    for number, result in enumerate(results):
        own = number if result.findings or not result.reason else result.reason
        groups.setdefault(own, []).append(result)
    return list(groups.values())


def _shared_reason(results: Sequence[CheckResult], width: int, paint: Paint) -> list[str]:
    reason = wrapped(bounded(visible(results[0].reason)), width, indent="  ", hanging="    ")
    codes = list(dict.fromkeys(result.code for result in results))
    return [*reason, *(paint(line, Style.MUTED) for line in _listed(codes, width, "    "))]


def _check_lines(result: CheckResult, style: Style, width: int, paint: Paint, most: int) -> list[str]:
    title = visible(result.title or result.name.replace("_", " "))
    case = f" [{visible(result.case)}]" if result.case else ""
    word = f" ({weight(result).label})" if result.outcome is Outcome.FAILED else ""
    code = visible(result.code)
    first, *more = wrapped(f"{code}  {title}{case}{word}", width, indent="  ", hanging=" " * (len(code) + 4))
    heading = f"  {paint(code, style)}{first[len(code) + 2 :]}"
    return [heading, *more, *finding_lines(result, width=width, paint=paint, most=most, indent="    ")]


def _waived(report: Report, width: int, paint: Paint) -> list[str]:
    """Return a line for each waiver that excused something: what, until when, by whom and why."""
    excused: dict[Waiver, list[str]] = {}
    for result in report.results:
        for waived in result.waived:
            excused.setdefault(waived.waiver, []).append(waived.finding.subject)
    if not excused:
        return []
    lines = [paint(f"Waived ({sum(map(len, excused.values())):,})", Style.HEADING)]
    for waiver, subjects in list(excused.items())[:_MOST_WAIVERS]:
        what = subjects[0] if len(subjects) == 1 else f"{len(subjects):,} findings like {waiver.subject}"
        text = f"{waiver.check} {what}  until {waiver.expires.isoformat()}, {waiver.owner}: {waiver.reason}"
        lines += wrapped(bounded(visible(text)), width, indent="  ", hanging="    ")
    if len(excused) > _MOST_WAIVERS:
        lines.append(paint(f"  ... and {counted(len(excused) - _MOST_WAIVERS, 'more waiver')}", Style.MUTED))
    return lines


def _expiring(report: Report, width: int, paint: Paint) -> list[str]:
    today = report.started_at.date()
    used = {waived.waiver for result in report.results for waived in result.waived}
    soon = sorted((w for w in used if (w.expires - today).days <= SOON_DAYS), key=lambda w: (w.expires, w.label))
    if not soon:
        return []
    lines = [paint(f"Waivers about to expire ({len(soon)})", Style.HEADING)]
    for waiver in soon:
        lines += wrapped(visible(_expiry(waiver, today)), width, indent="  ", hanging="    ")
    return lines


def _expiry(waiver: Waiver, today: date) -> str:
    days = (waiver.expires - today).days
    when = "today" if days <= 0 else f"in {counted(days, 'day')}"
    return f"{waiver.check} {waiver.subject}  {when} ({waiver.expires.isoformat()}), {waiver.owner}: {waiver.reason}"


def _not_run(report: Report, width: int, paint: Paint) -> list[str]:
    if not report.not_run:
        return []
    heading = paint(f"Not run ({len(report.not_run):,})", Style.HEADING)
    return [heading, *_listed(report.not_run, width, "  ", most=_MOST_NOT_RUN)]


def _skipped(report: Report, width: int, paint: Paint, reasons_in: str) -> list[str]:
    codes: dict[str, list[str]] = {}
    for result in report.results:
        if result.outcome is Outcome.SKIPPED:
            codes.setdefault(result.reason or "no reason given", []).append(result.code)
    if not codes:
        return []
    lines = [paint(f"Skipped, does not apply here ({report.count(Outcome.SKIPPED):,})", Style.HEADING)]
    if reasons_in:
        return [*lines, f"  reasons: {reasons_in}"]
    for reason, found in sorted(codes.items(), key=lambda item: (-len(item[1]), item[0])):
        lines += wrapped(bounded(visible(reason)), width, indent="  ", hanging="    ")
        lines += [paint(line, Style.MUTED) for line in _listed(list(dict.fromkeys(found)), width, "    ")]
    return lines


_MOST_LISTED = 500
"""Codes of one reason: all that there are, and no more of a project's own than a person scrolls over."""

_MOST_WAIVERS = 20
_MOST_NOT_RUN = 6


def _listed(names: Sequence[str], width: int, indent: str, *, most: int = _MOST_LISTED) -> list[str]:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return wrapped(visible(", ".join(names[:most])) + more, width, indent=indent)


def _notes(report: Report, width: int, paint: Paint) -> list[str]:
    if not report.notes:
        return []
    lines = [line for note in report.notes for line in wrapped(visible(note), width, indent="  ", hanging="    ")]
    return [paint("Notes", Style.HEADING), *lines]


def _paths(paths: Sequence[Path], paint: Paint) -> list[str]:
    return [paint("Reports", Style.HEADING), *(f"  {visible(str(path))}" for path in paths)] if paths else []
