"""PRF001."""

from __future__ import annotations

from pytest_dbops.checks.performance.low_buffer_hit_ratio import low_buffer_hit_ratio
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import an_hour_of

MORE_THAN_FITS = """
CREATE TABLE entry AS SELECT n, repeat('x', 200) AS note FROM generate_series(1, 120000) AS n;
SELECT count(*) FROM entry;
SELECT count(*) FROM entry;
"""
ANY = {"fewest_reads_per_hour": 1, "fail_percent": 0}


def test_share_below_the_limit_is_found(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: target.admin(MORE_THAN_FITS))
    findings = ask(
        low_buffer_hit_ratio, statistics=statistics, history=history, thresholds={**ANY, "warn_percent": 100}
    )
    assert facts(findings, low_buffer_hit_ratio) == [("shared_buffers", Severity.WARNING)]
    assert "in the 60 min since an earlier run at" in findings[0].message


def test_share_above_the_limit_is_fine(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: target.admin(MORE_THAN_FITS))
    assert (
        ask(low_buffer_hit_ratio, statistics=statistics, history=history, thresholds={**ANY, "warn_percent": 1}) == []
    )


def test_idle_database_is_no_finding_whatever_its_share(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: None)
    assert ask(low_buffer_hit_ratio, statistics=statistics, history=history, thresholds={"warn_percent": 100}) == []
