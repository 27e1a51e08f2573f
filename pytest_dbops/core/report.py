"""The one model of a run; every report format is a view of it."""

from __future__ import annotations

from datetime import datetime

from pytest_dbops.core.finding import offenders
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.verdict import Judgement

SCHEMA_VERSION = 1


@frozen
class Target:
    """The database that was judged, as it may be shown; fields are empty when it was not opened.

    place: what it is to a person where its URL is made of random names: `scratch PostgreSQL 15.18 (system)`.
    unopened: why it was not opened, in two or three words (`login refused`); empty when it was, or was not tried.
    """

    environment: str
    kind: str
    dialect: str
    display_url: str
    server: str = ""
    host: str = ""
    database: str = ""
    role: str = ""
    catalog_fingerprint: str = ""
    unopened: str = ""
    place: str = ""


@frozen
class Report:
    """One run of a gate.

    started_at: time zone aware; duration_s: wall time of the run; results: in the order of the gate.
    expected: how many checks the whole gate has; not_run: their ids that have no result here.
    baseline: the file of known findings that was in force, or empty.
    revisions: which revisions were in scope, and how many of them an earlier run had judged; empty without any.
    """

    tool_version: str
    started_at: datetime
    duration_s: float
    target: Target
    judgement: Judgement
    results: tuple[CheckResult, ...]
    expected: int
    not_run: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    baseline: str = ""
    revisions: str = ""

    def count(self, outcome: Outcome) -> int:
        """Return how many checks had this outcome."""
        return sum(result.outcome is outcome for result in self.results)

    def count_known(self) -> int:
        """Return how many findings stand that the baseline holds."""
        return sum(offenders(result.findings) - offenders(result.new_findings) for result in self.results)
