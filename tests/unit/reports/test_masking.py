"""A planted secret is in no view of a report, in none of its forms, and no view breaks over it."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from lxml import etree

from pytest_dbops.core.outcome import Outcome
from pytest_dbops.core.report import Report
from pytest_dbops.core.secret import MASK, Secret, SecretMask
from pytest_dbops.core.verdict import Verdict
from pytest_dbops.reports.json_report import load_report, render_json
from pytest_dbops.reports.junit import render_junit
from pytest_dbops.reports.masking import masked
from pytest_dbops.reports.nagios import render_nagios
from pytest_dbops.reports.text import render_text
from tests.unit.reports.sample import finding, report, result
from tests.unit.strategies import reports

PASSWORD = 'p&ss<w"rd\\ 日'
SECRET_FORMS = (PASSWORD, quote(PASSWORD, safe=""), base64.b64encode(PASSWORD.encode()).decode())
MASKER = SecretMask([Secret(PASSWORD)])


def planted(text: str) -> Report:
    """Return a failed report with a text in every place a text can be."""
    found = finding(text, f"login with {text} failed", hint=text, identity=text, evidence=({text: text, "l": [text]},))
    made = result(Outcome.FAILED, case=text, reason=text, title=text, file=text, findings=(found,))
    return report(made, verdict=Verdict.BLOCKED, notes=(text,), not_run=(text,))


@pytest.mark.parametrize("form", SECRET_FORMS, ids=["plain", "url", "base64"])
def test_a_planted_secret_is_in_no_view(form: str) -> None:
    clean = masked(planted(form), MASKER)

    views = [
        json.dumps(json.loads(render_json(clean)), ensure_ascii=False),
        "".join(etree.fromstring(render_junit(clean)).itertext()),
        " ".join(value for one in etree.fromstring(render_junit(clean)).iter() for value in one.attrib.values()),
        render_text(clean),
        render_nagios(clean),
    ]
    assert [form in view or form.replace("\\", "\\\\") in view for view in views] == [False] * 5
    assert all(MASK in view for view in views)


def test_a_secret_that_a_line_break_would_tear_apart_is_masked_whole() -> None:
    mask = SecretMask([Secret("correct horse battery staple")])
    made = result(Outcome.FAILED, findings=(finding("t", "correct horse battery staple " * 20),))

    text = render_text(masked(report(made, verdict=Verdict.BLOCKED), mask), width=40)

    assert "horse" not in text


def test_a_secret_that_is_also_a_word_of_ours_spoils_no_report() -> None:
    mask = SecretMask([Secret("failed"), Secret("2026"), Secret("error"), Secret("blocked")])

    clean = masked(planted("x"), mask)

    assert load_report(render_json(clean)) == clean
    assert clean.results[0].outcome is Outcome.FAILED


def test_a_finding_of_the_baseline_stays_known_when_its_subject_is_masked() -> None:
    old, new = finding(f"role {PASSWORD}"), finding("other")
    made = result(Outcome.FAILED, findings=(old, new), known=(old.fingerprint,))

    clean = masked(report(made, verdict=Verdict.BLOCKED), MASKER).results[0]

    assert [one.subject for one in clean.new_findings] == ["other"]


@given(reports)
@settings(deadline=None)
def test_without_secrets_a_report_stays_as_it_is(made: Report) -> None:
    clean = masked(made, SecretMask())

    assert clean.target == made.target
    assert [one.new_findings for one in clean.results] == [one.new_findings for one in made.results]
