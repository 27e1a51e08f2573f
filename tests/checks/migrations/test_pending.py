"""MIG010."""

from __future__ import annotations

from pytest_dbops.checks.migrations.pending import pending
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.forecast import Estimate, Forecasts, Growth, RevisionForecast
from pytest_dbops.core.history import Preview, Revision, RevisionPreview, Standing
from pytest_dbops.core.severity import Severity

A1 = Revision("a1", title="make one", file="versions/a1.py", line=3, upgrade_line=14)
B2 = Revision("b2", file="versions/b2.py", line=3, upgrade_line=14)


def standing(*pending: Revision, unknown: tuple[str, ...] = (), overlapping: tuple[str, ...] = ()) -> Standing:
    """Return where a target stands."""
    return Standing((), pending, unknown, overlapping)


def test_pending_revision_is_an_info_with_its_sql_or_why_there_is_none() -> None:
    preview = Preview((RevisionPreview("a1", "CREATE TABLE one ();"), RevisionPreview("b2", problem="needs a row")))

    assert list(pending(standing(A1, B2), preview, Forecasts())) == [
        Finding(
            "a1",
            "revision 'a1' is pending (versions/a1.py:14): make one",
            evidence=({"sql": "CREATE TABLE one ();"},),
            identity="pending",
        ),
        Finding(
            "b2",
            "revision 'b2' is pending (versions/b2.py:14)",
            hint="its SQL cannot be shown: needs a row",
            identity="pending",
        ),
    ]


def test_preview_that_failed_hides_no_pending_revision() -> None:
    (found,) = pending(standing(A1), Preview(problem="env.py has no offline mode"), Forecasts())
    assert found.hint == "its SQL cannot be shown: env.py has no offline mode"


def test_unknown_row_is_one_error_of_one_line() -> None:
    (found,) = pending(standing(unknown=("zz9",)), Preview(), Forecasts())
    assert (found.severity, found.subject, found.message) == (
        Severity.ERROR,
        "zz9",
        "the version table holds 'zz9', which is no revision of the code: the database is ahead of it, or was migrated"
        " from another branch",
    )


def test_overlapping_rows_are_an_error() -> None:
    (found,) = pending(standing(overlapping=("a1",)), Preview(), Forecasts())
    assert (found.severity, found.message) == (
        Severity.ERROR,
        "the version table holds 'a1', which is implied by another row: alembic refuses to upgrade from there",
    )


def test_target_at_the_head_is_none() -> None:
    assert list(pending(standing(), Preview(), Forecasts())) == []


def test_time_that_was_measured_before_is_told() -> None:
    whole = Estimate(12_000, 9_000, 20_000, Growth.N_LOG_N, 5_000_000, 80_000)
    kept = Forecasts("scratch PostgreSQL 15.1, 2 cores", "2026-11-29T10:00:00+00:00", (RevisionForecast("a1", whole),))
    (found,) = pending(standing(A1), Preview(), kept)
    assert found.message.endswith(
        "; it will take about 12 s at 5,000,000 rows (9 s to 20 s; scratch PostgreSQL 15.1, 2 cores), as measured at"
        " 2026-11-29T10:00:00+00:00"
    )
