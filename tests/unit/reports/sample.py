"""Reports to render in tests: one with every outcome, and small ones made by a call."""

from __future__ import annotations

from datetime import UTC, date, datetime

from pytest_dbops.core.finding import Code, Finding
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.report import Report, Target
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.verdict import Judgement, Problem, ProblemKind, Scope, Verdict
from pytest_dbops.core.waiver import WaivedFinding, Waiver

STARTED = datetime(2026, 10, 20, 10, 31, 5, tzinfo=UTC)

TARGET = Target(
    environment="staging",
    kind="staging",
    dialect="postgresql",
    display_url="postgresql://gate_reader@db.example.com:5432/accounting",
    server="PostgreSQL 16.4",
    host="192.0.2.10:5432",
    database="accounting",
    role="gate_reader",
    catalog_fingerprint="5d41402abc4b2a76b9719d911017c592",
)

EXPIRED = Problem(
    ProblemKind.WAIVER_EXPIRED,
    "waiver PRF002 invoice.* (until 2026-10-01, ops@example.com) has expired: index is being rebuilt"
    " (renew it with a new date, or mend the finding and remove it)",
    Verdict.BLOCKED,
)

WAIVER = Waiver(
    check=Code("SCH007"),
    subject="public.legacy_*",
    owner="dba@example.com",
    reason="the old import goes away with release 12",
    expires=date(2026, 10, 29),
)


def finding(subject: str = "public.invoice", message: str = "has no primary key", **fields: object) -> Finding:
    """Return a finding of SCH003 unless told otherwise."""
    return Finding(subject=subject, message=message, **{"code": Code("SCH003"), **fields})  # type: ignore[arg-type] # the caller names real fields


def result(outcome: Outcome = Outcome.PASSED, **fields: object) -> CheckResult:
    """Return a result of SCH003 with this outcome."""
    facts: dict[str, object] = {
        "code": Code("SCH003"),
        "name": "table_without_primary_key",
        "category": "schema",
        "severity": Severity.ERROR,
        "title": "A table has no primary key",
        "duration_s": 0.0123456,
    }
    return CheckResult(outcome=outcome, **{**facts, **fields})  # type: ignore[arg-type] # the caller names real fields


def report(*results: CheckResult, verdict: Verdict = Verdict.PASS, **fields: object) -> Report:
    """Return a full run with these results and this verdict."""
    facts: dict[str, object] = {
        "tool_version": "0.1.0",
        "started_at": STARTED,
        "duration_s": 12.4,
        "target": TARGET,
        "judgement": Judgement(verdict, Scope.FULL, ()),
        "expected": len(results),
    }
    return Report(results=results, **{**facts, **fields})  # type: ignore[arg-type] # the caller names real fields


def failed() -> CheckResult:
    """Return a failed result of two findings, one with evidence."""
    return result(
        Outcome.FAILED,
        file="checks/keys.py",
        line=12,
        findings=(
            finding(
                "public.audit_log",
                hint="ALTER TABLE public.audit_log ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
                evidence=tuple(
                    {"ctid": f"(0,{n})", "at": "2026-10-19", "amount": n * 1250, "note": None} for n in range(1, 8)
                ),
            ),
            finding("public.rate"),
        ),
    )


def everything() -> Report:
    """Return a blocked run that has every outcome, every kind of problem that fits, and notes."""
    waived = WaivedFinding(finding("public.legacy_import", "is not used", code=Code("SCH007")), WAIVER)
    return report(
        failed(),
        result(
            Outcome.INCONCLUSIVE,
            code=Code("SCH011"),
            name="default_differs",
            title="A default differs between models and database",
            reason="the role gate_reader may not read pg_authid (run: dbops env grant staging)",
        ),
        result(
            Outcome.WARNED,
            code=Code("CON004"),
            category="connectivity",
            name="slow_round_trip",
            severity=Severity.WARNING,
            title="A round trip is slow",
            findings=(finding("db.example.com", "a round trip takes 84 ms; the limit is 50 ms", code=Code("CON004")),),
        ),
        result(
            Outcome.WAIVED,
            code=Code("SCH007"),
            name="unused_table",
            title="A table is not used",
            waived=(waived,),
        ),
        result(code=Code("CON001"), category="connectivity", name="no_connection", title="There is no connection"),
        *(
            result(
                Outcome.SKIPPED,
                code=Code(f"SCH02{n}"),
                name=f"sqlite_question_{n}",
                reason="asked of sqlite only",
            )
            for n in range(3)
        ),
        result(
            Outcome.SKIPPED,
            code=Code("INT001"),
            category="integrity",
            name="orphan_row",
            reason="reads all rows (ask for it with --dbops-cost=full)",
        ),
        verdict=Verdict.BLOCKED,
        judgement=Judgement(Verdict.BLOCKED, Scope.FULL, (EXPIRED,)),
        notes=("the scratch server is PostgreSQL 15, the target 16: revisions were rehearsed on another major",),
    )
