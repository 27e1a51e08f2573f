"""INT005."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, severity_of

_LIMIT = 2_147_483_648
_KINDS = {"xid_age": "transaction", "mxid_age": "multixact"}


@check(
    "INT005",
    category="integrity",
    severity=Severity.ERROR,
    backends=("postgresql",),
    settings={"warn_percent": 40, "fail_percent": 70},
)
def transaction_ids_running_out(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """The server is on its way to run out of transaction ids, or of multixact ids.

    When it does, it takes no write in any database until the old ones are frozen, which takes hours on a big table.
    Judged is the age of the oldest id that is not frozen yet in each database, as a share of the two thousand
    million that there are (`warn_percent`, `fail_percent`). Autovacuum begins to freeze at 10 %, so more means that
    it is off, too slow, or held back: by an old transaction, a slot or a prepared transaction (CON011 names them).

    End what holds it back, then vacuum the oldest tables.
    """
    warn, fail = settings.number("warn_percent"), settings.number("fail_percent")
    for row in statistics.rows("ages"):
        for column, kind in _KINDS.items():
            percent = 100 * row[column] / _LIMIT
            severity = severity_of(percent, warn=warn, fail=fail)
            if severity is not None:
                yield Finding(
                    row["name"],
                    f"the oldest {kind} id of database {row['name']!r} is {row[column]} old, {percent:.0f} % of what "
                    f"there is; {limit_reached(severity, warn=warn, fail=fail):g} % is the limit",
                    hint=f"see CON011, then: vacuumdb --min-{column.replace('_', '-')}=100000000 {row['name']}",
                    identity=kind,
                    severity=severity,
                )
