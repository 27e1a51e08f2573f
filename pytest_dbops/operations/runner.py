"""Run one check and say what became of it; a check that breaks is never a pass."""

from __future__ import annotations

import time
import traceback
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Check, Cost, Settings
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import CannotJudge, DbopsError, DoesNotApply
from pytest_dbops.core.evidence import json_value
from pytest_dbops.core.finding import Finding, Fingerprint
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.outcome import CheckResult, Outcome, outcome_of
from pytest_dbops.core.raised import raised_line
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.waiver import Waiver, split_waived
from pytest_dbops.operations.inputs import Inputs, NotAtHand

if TYPE_CHECKING:
    from pytest_dbops.core.encryption import AuditsOfFields
    from pytest_dbops.core.walk import WalkedRevision

MOST_EVIDENCE = 20
_COSTS = tuple(Cost)


@frozen
class Case:
    """One of the revisions, or of the encrypted columns, a check is asked for; file: relative to the root."""

    name: str
    file: str
    line: int


@frozen
class RunRules:
    """What decides how a finding counts: thresholds, waivers, the baseline and the day.

    absent: inputs that this project does not have, with the reason; checks that ask for one are skipped.
    """

    environment: Environment
    root: Path
    today: date
    fail_on: Severity = Severity.ERROR
    cost: Cost = Cost.FULL
    waivers: tuple[Waiver, ...] = ()
    baseline: frozenset[Fingerprint] = frozenset()
    absent: Mapping[str, str] = field(default_factory=dict)


def run_check(check: Check, inputs: Inputs, rules: RunRules, case: Case | None = None) -> CheckResult:
    """Ask one check, for one of its cases where it has any, and return its result.

    Raises nothing but an interrupt, and NotAtHand where the inputs are closed and one would have to be made.
    """
    started, spent = time.perf_counter(), inputs.spent_s
    blank = blank_result(check, rules)
    if case is not None:
        blank = replace(blank, case=case.name, file=case.file, line=case.line)
    result = _judged(check, inputs, rules, blank)
    if (found := _step_of(check, inputs, result.case)) is not None:
        return replace(result, duration_s=found[0], line=found[1])
    taken = time.perf_counter() - started - (inputs.spent_s - spent)
    return replace(result, duration_s=max(0.0, taken))


def _step_of(check: Check, inputs: Inputs, case: str) -> tuple[float, int] | None:
    """Return the seconds and the line of the step that was judged; None where it judges none, or none was run."""
    if check.step is None or not inputs.has("walk"):
        return None
    from pytest_dbops.core.walk import Walk

    walk = inputs.get("walk")
    walked = walk.revision(case) if isinstance(walk, Walk) else None
    step = walked.step(check.step) if walked else None
    return None if walked is None or step is None else (step.duration_s, walked.line_of(check.step))


def blank_result(check: Check, rules: RunRules) -> CheckResult:
    """Return a result that says only which check it is of; its outcome is inconclusive."""
    return CheckResult(
        code=check.code,
        name=check.name,
        category=check.category,
        severity=_severity(check),
        outcome=Outcome.INCONCLUSIVE,
        title=check.title,
        file=_place(check, rules.root),
        line=check.line,
    )


def skip_reason(check: Check, rules: RunRules) -> str:
    """Return why the check is not asked, as far as that is known offline; else nothing."""
    if reason := _inapplicable(check, rules):
        return reason
    if _is_too_costly(check, rules):
        return f"reads {check.cost.value} data; asked for are costs up to {rules.cost.value} (--dbops-cost)"
    return ""


def is_left_out(check: Check, rules: RunRules) -> bool:
    """Whether a check applies to the environment, but reads more than the run may: the run is a partial one."""
    return _is_too_costly(check, rules) and not _inapplicable(check, rules)


def _inapplicable(check: Check, rules: RunRules) -> str:
    environment = rules.environment
    for name in check.inputs:
        if name in rules.absent:
            return rules.absent[name]
    if environment.dialect not in check.backends:
        return f"is for {' and '.join(check.backends)}, not {environment.dialect}"
    if not check.settings.get("enabled", True):
        return f"is off (switch it on: [checks.{check.code}] enabled = true)"
    if check.kinds and environment.kind not in check.kinds:
        return f"is for {' and '.join(check.kinds)} environments, not {environment.kind.value}"
    return ""


def _is_too_costly(check: Check, rules: RunRules) -> bool:
    return _COSTS.index(check.cost) > _COSTS.index(rules.cost)


def _judged(check: Check, inputs: Inputs, rules: RunRules, blank: CheckResult) -> CheckResult:
    if reason := skip_reason(check, rules):
        return replace(blank, outcome=Outcome.SKIPPED, reason=reason)
    found: list[Finding] = []
    try:
        if reason := _too_old(check, inputs):
            return replace(blank, outcome=Outcome.SKIPPED, reason=reason)
        unjudged: list[CannotJudge] = []
        for case in _cases(check, inputs, blank.case):
            try:
                arguments = {name: _argument(name, check, inputs, case) for name in check.inputs}
                for finding in _iterate(check, arguments):
                    found.append(_completed(finding, check, blank.severity))
            except CannotJudge as err:
                unjudged.append(err)  # of several cases the others are judged all the same
        if unjudged:
            raise unjudged[0]
    except DoesNotApply as err:
        return replace(blank, outcome=Outcome.SKIPPED, reason=_one_line(str(err)))
    except DbopsError as err:
        return _with_findings(blank, found, rules, reason=_one_line(str(err)))
    except (KeyboardInterrupt, NotAtHand):
        raise
    except BaseException as err:  # a check that breaks is inconclusive, whatever it raised; an exit is no pass
        return _with_findings(blank, found, rules, reason=_crash_line(err, check))
    return _with_findings(blank, found, rules, reason="")


def _iterate(check: Check, arguments: Mapping[str, object]) -> Iterable[Finding]:
    answer: object = check.function(**arguments)
    if isinstance(answer, Iterable) and not isinstance(answer, str | bytes | Mapping):
        return answer
    if isinstance(answer, Coroutine):
        answer.close()
    returned = "None" if answer is None else type(answer).__name__
    raise CannotJudge(f"returned {returned}; yield findings or return a list")


def _argument(name: str, check: Check, inputs: Inputs, case: str) -> object:
    if name == "settings":
        return Settings(check.settings)
    if name == "field_audit":
        return _audits(inputs).of(case)
    return _walked(inputs, case) if name == "revision" else inputs.get(name)


def _cases(check: Check, inputs: Inputs, case: str) -> Sequence[str]:
    """Return what one item asks a check for: its case; all encrypted columns where none was known at collection."""
    return _audits(inputs).names() if "field_audit" in check.inputs and not case else (case,)


def _audits(inputs: Inputs) -> AuditsOfFields:
    from pytest_dbops.core.encryption import AuditsOfFields

    audits = inputs.get("field_audits")
    assert isinstance(audits, AuditsOfFields)
    return audits


def _walked(inputs: Inputs, case: str) -> WalkedRevision:
    from pytest_dbops.core.walk import Walk

    walk = inputs.get("walk")
    assert isinstance(walk, Walk)
    if case in walk.counted:
        raise DoesNotApply("the baseline stands for it ([project] baseline, first_revision)")
    if case in walk.out_of_scope:
        raise DoesNotApply("not in scope: what is not pending on the target is only put in (--dbops-revisions)")
    found = walk.revision(case)
    if found is None:
        raise CannotJudge(f"the rehearsal knows no revision {case!r} (is its file the one that alembic reads?)")
    return found


def _too_old(check: Check, inputs: Inputs) -> str:
    minimum = check.minimum_version
    if not minimum:
        return ""
    identity = inputs.session.identity
    needed = minimum.get(inputs.session.dialect)
    if needed is None or identity.version >= needed:
        return ""
    return f"needs version {needed[0]}.{needed[1]} or newer; the server is {identity.server}"


def _completed(finding: Finding, check: Check, severity: Severity) -> Finding:
    """Return the finding with the check's code and severity where it left them out, and bounded evidence."""
    if not isinstance(finding, Finding):
        raise TypeError(f"yielded {type(finding).__name__}, not Finding")
    evidence = tuple(
        {name: json_value(value) for name, value in row.items()} for row in finding.evidence[:MOST_EVIDENCE]
    )
    level = _level(finding, check.severity, severity)
    return replace(finding, code=check.code, severity=level, evidence=evidence)


def _level(finding: Finding, own: Severity, effective: Severity) -> Severity:
    """Return how bad a finding is when the check's severity `own` is overridden by `effective`."""
    if finding.severity is None:
        return effective
    if own is effective:
        return finding.severity
    return effective if finding.severity >= own else min(finding.severity, effective)


def _with_findings(blank: CheckResult, found: list[Finding], rules: RunRules, *, reason: str) -> CheckResult:
    standing, waived = split_waived(found, rules.waivers, environment=rules.environment.name, today=rules.today)
    ordered = tuple(sorted(standing, key=lambda f: (-(f.severity or Severity.INFO), f.subject, f.identity)))
    known, new = _split_known(ordered, rules.baseline)
    outcome = Outcome.INCONCLUSIVE if reason else outcome_of(new, waived, fail_on=rules.fail_on)
    return replace(blank, outcome=outcome, findings=ordered, waived=waived, known=known, reason=reason)


def _split_known(
    findings: tuple[Finding, ...], baseline: frozenset[Fingerprint]
) -> tuple[tuple[Fingerprint, ...], tuple[Finding, ...]]:
    """Return the fingerprints that the baseline knows, and the findings that it does not."""
    if not baseline:
        return (), findings
    told = [(finding.fingerprint, finding) for finding in findings]
    known = tuple(fingerprint for fingerprint, _ in told if fingerprint in baseline)
    return known, tuple(finding for fingerprint, finding in told if fingerprint not in baseline)


def _severity(check: Check) -> Severity:
    wanted = check.settings.get("severity")
    return check.severity if wanted is None else Severity.parse(str(wanted))


def _place(check: Check, root: Path) -> str:
    return "" if check.file is None else _told_file(check.file, root)


@cache  # a check of revisions is asked for each of them
def _told_file(file: Path, root: Path) -> str:
    try:
        return file.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return "/".join(file.parts[-4:]) if "pytest_dbops" in file.parts else file.name


def _crash_line(err: BaseException, check: Check) -> str:
    """Say what a check raised, and where: its own last line, or the last of all if none is its own."""
    every = traceback.extract_tb(err.__traceback__)
    frames = [frame for frame in every if check.file is not None and Path(frame.filename) == check.file] or every
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"the check broke: {raised_line(err)}{place}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
