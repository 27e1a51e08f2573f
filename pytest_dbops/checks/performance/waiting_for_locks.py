"""PRF013."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Cost, Privilege, Settings, check
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, severity_of

# Who is at work is read once a transaction, unless it is forgotten (PostgreSQL manual, monitoring-stats).
_FORGET = "SELECT pg_catalog.pg_stat_clear_snapshot()"
_AT_WORK = """
SELECT
  backend_type IS NULL AS is_hidden,
  CASE WHEN wait_event_type = 'Lock' THEN wait_event END AS lock,
  count(*) AS number
FROM pg_catalog.pg_stat_activity
WHERE datname = current_database()
  AND pid <> pg_backend_pid()
  AND (backend_type IS NULL OR (backend_type = 'client backend' AND state = 'active'))
GROUP BY 1, 2
"""


@check(
    "PRF013",
    category="performance",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    cost=Cost.SAMPLE,
    privilege=Privilege.MONITOR,
    settings={"samples": 10, "every_ms": 100, "fewest_seen": 10, "warn_percent": 10, "fail_percent": 30},
)
def waiting_for_locks(session: Session, settings: Settings) -> Iterator[Finding]:
    """Much of the time that sessions are at work they wait for locks of one another.

    More connections or faster disks do not help then: the same rows or tables are wanted at once. Looked at are the
    sessions at work in this database, in `samples` looks that are `every_ms` apart; judged is the share of those that
    waited for a lock (`warn_percent`, `fail_percent`), once `fewest_seen` sessions were seen at work in all looks
    together. Who holds up whom at this moment is CON012's matter.

    Make transactions shorter, take rows in one order everywhere, and let counters and queues be rows of their own.
    """
    waits: Counter[str] = Counter()
    for number in range(int(settings.number("samples"))):
        if number:
            time.sleep(settings.number("every_ms") / 1_000)
        waits += _look(session)
    seen, waited = waits.total(), waits.total() - waits[""]
    if not seen or seen < settings.number("fewest_seen"):
        return
    warn, fail = settings.number("warn_percent"), settings.number("fail_percent")
    percent = 100 * waited / seen
    if waited and (severity := severity_of(percent, warn=warn, fail=fail)):
        kinds = ", ".join(f"{lock} {count}" for lock, count in waits.most_common() if lock)
        yield Finding(
            "lock waits",
            f"of {seen} times that a session was seen at work, it waited for a lock {waited} times ({percent:.0f} %; "
            f"by lock: {kinds}); {limit_reached(severity, warn=warn, fail=fail):g} % is the limit",
            hint="see CON012 for who blocks whom, and pg_stat_activity for the statements that wait",
            severity=severity,
        )


def _look(session: Session) -> Counter[str]:
    """Return how many sessions are at work, by the kind of lock they wait for; an empty text for none."""
    session.scalar(_FORGET)
    rows = session.query(_AT_WORK)
    if any(row["is_hidden"] for row in rows):
        role = session.identity.role
        raise MissingPrivilege(
            f"role {role!r} does not see what the sessions of others do (run: GRANT pg_monitor TO {role};)"
        )
    return Counter({row["lock"] or "": row["number"] for row in rows})
