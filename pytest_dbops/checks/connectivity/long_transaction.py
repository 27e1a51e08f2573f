"""CON011."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.connectivity._sessions import clients_here, grouped, session_name
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_duration, severity_of


@check(
    "CON011",
    category="connectivity",
    severity=Severity.ERROR,
    backends=("postgresql",),
    privilege=Privilege.MONITOR,
    settings={
        "warn_s": 1_800,
        "fail_s": 14_400,
        "warn_transactions": 10_000_000,
        "fail_transactions": 100_000_000,
    },
)
def long_transaction(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """A transaction, a replica, a slot or a prepared transaction holds back the removal of old rows.

    Everything that was updated or deleted since then stays on disk and in every index: tables bloat, queries
    slow down, and in the end transaction ids run out. Judged are transactions of this database by their age
    (`warn_s`, `fail_s`), and replicas, replication slots and prepared transactions by how many transaction ids
    were given out since (`warn_transactions`, `fail_transactions`), because they carry no clock.

    End the transaction; drop a slot nobody uses; commit or roll back what was prepared; take
    `hot_standby_feedback` off a replica that runs long reports.
    """
    warn, fail = settings.number("warn_s"), settings.number("fail_s")
    opened = [row for row in clients_here(statistics) if row["transaction_s"] is not None]
    for group in grouped(opened, lambda row: float(row["transaction_s"])):
        severity = severity_of(group.worst, warn=warn, fail=fail)
        if severity is not None:
            limit = render_duration(limit_reached(severity, warn=warn, fail=fail))
            yield Finding(
                group.subject,
                f"{group} in a transaction, the oldest for {render_duration(group.worst)}; the limit is {limit}",
                hint=f"SELECT pg_terminate_backend({group.sessions[0]['pid']});",
                evidence=group.evidence,
                identity="transaction",
                severity=severity,
            )
    yield from _horizons(statistics, settings)


def _horizons(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """Judge what has a transaction id but no start time."""
    warn, fail = settings.number("warn_transactions"), settings.number("fail_transactions")
    for subject, what, age, hint in _holders(statistics):
        severity = severity_of(age, warn=warn, fail=fail)
        if severity is not None:
            limit = limit_reached(severity, warn=warn, fail=fail)
            yield Finding(
                subject,
                f"{what} {subject!r} holds back {age} transactions; the limit is {limit:.0f}",
                hint=hint,
                identity=what,
                severity=severity,
            )


def _holders(statistics: Statistics) -> Iterator[tuple[str, str, int, str]]:
    for slot in statistics.rows("slots"):
        if slot["xmin_age"] is not None:
            hint = f"SELECT pg_drop_replication_slot('{slot['name']}'); if nobody needs it"
            yield slot["name"], "replication slot", slot["xmin_age"], hint
    for prepared in statistics.rows("prepared_transactions"):
        if prepared["is_here"]:
            hint = f"COMMIT PREPARED or ROLLBACK PREPARED '{prepared['gid']}';"
            yield prepared["gid"], "prepared transaction", prepared["xid_age"], hint
    for row in statistics.rows("activity"):
        if row["backend_type"] == "walsender" and row["xmin_age"] is not None:
            yield session_name(row), "replica", row["xmin_age"], "set hot_standby_feedback = off on the replica"
