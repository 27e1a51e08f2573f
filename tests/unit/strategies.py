"""Hypothesis strategies: any report there can be, hostile text included."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import strategies as st

from pytest_dbops.core.finding import Code, Finding
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.report import Report, Target
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.verdict import Judgement, Problem, ProblemKind, Scope, Verdict
from pytest_dbops.core.waiver import WaivedFinding, Waiver

# Two halves in a row are, in JSON, the one character they make: RFC 8259, section 7.
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")

texts = st.text(st.characters(), max_size=30).filter(lambda text: not _PAIR.search(text)) | st.sampled_from(
    ["", "]]>", "<![CDATA[", "&amp;", "\x00", "\x1b[31m", "\ud800", "\ufffe", "a\r\nb", "'\"", "\u202e", "日本語"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=4,
)
seconds = st.floats(min_value=-1, max_value=1e7, allow_nan=False) | st.sampled_from([0.0, float("inf")])
dates = st.dates(date(2000, 1, 1), date(2100, 1, 1))
zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-11))])
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=zones)

codes = (st.from_regex(r"\A[A-Z]{3}[0-9]{3}\Z") | texts).map(Code)
findings = st.builds(
    Finding,
    subject=texts,
    message=texts,
    hint=texts,
    evidence=st.lists(st.dictionaries(texts, values, max_size=3), max_size=3).map(tuple),
    identity=texts,
    severity=st.none() | st.sampled_from(Severity),
    code=codes,
)
waivers = st.builds(
    Waiver,
    check=codes,
    subject=texts,
    owner=texts,
    reason=texts,
    expires=dates,
    environments=st.lists(texts, max_size=2).map(tuple),
)
results = st.builds(
    CheckResult,
    code=codes,
    name=st.sampled_from(["same", "other"]) | texts,
    category=st.sampled_from(["schema", "integrity", "gate"]) | texts,
    severity=st.sampled_from(Severity),
    outcome=st.sampled_from(Outcome),
    title=texts,
    case=texts,
    findings=st.lists(findings, max_size=3).map(tuple),
    waived=st.lists(st.builds(WaivedFinding, findings, waivers), max_size=2).map(tuple),
    known=st.lists(findings.map(lambda finding: finding.fingerprint), max_size=2).map(tuple),
    reason=texts,
    duration_s=seconds,
    file=texts,
    line=st.integers(-1, 10_000),
)
problems = st.builds(Problem, st.sampled_from(ProblemKind), texts, st.sampled_from(Verdict))
judgements = st.builds(
    Judgement, st.sampled_from(Verdict), st.sampled_from(Scope), st.lists(problems, max_size=3).map(tuple)
)
targets = st.builds(Target, *[texts] * 9)
reports = st.builds(
    Report,
    tool_version=texts,
    started_at=moments,
    duration_s=seconds,
    target=targets,
    judgement=judgements,
    results=st.lists(results, max_size=5).map(tuple),
    expected=st.integers(0, 100),
    not_run=st.lists(texts, max_size=3).map(tuple),
    notes=st.lists(texts, max_size=3).map(tuple),
)
