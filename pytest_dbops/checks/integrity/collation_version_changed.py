"""INT004."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.catalog import quote_identifier, quoted_name
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check("INT004", category="integrity", severity=Severity.ERROR, backends=("postgresql",))
def collation_version_changed(statistics: Statistics) -> Iterator[Finding]:
    """Texts sort differently now than when the indexes on them were built.

    An upgrade of the operating system brought another glibc or ICU. Indexes on texts are in an order that no longer
    holds: searches miss rows that are there, and unique keys take the same value twice. Judged are collations that an
    index sorts by, and from PostgreSQL 15 on the database's own; PostgreSQL 14 does not record that one. "C", and the
    builtin provider of PostgreSQL 17 and newer, never change.

    Build the indexes anew, then record the new version: `REINDEX`, `ALTER COLLATION ... REFRESH VERSION`.
    """
    for row in statistics.rows("collations"):
        what = "the database's collation" if row["is_of_database"] else f"collation {row['name']!r}"
        name = quote_identifier(row["name"]) if row["is_of_database"] else quoted_name(row["schema"], row["name"])
        refresh = f"ALTER {'DATABASE' if row['is_of_database'] else 'COLLATION'} {name}"
        refresh += f" REFRESH {'COLLATION ' if row['is_of_database'] else ''}VERSION;"
        yield Finding(
            row["name"],
            f"{what} has version {row['actual'] or 'none'} and {row['indexes']} indexes of it were built with "
            f"{row['recorded'] or 'none'}",
            hint=f"REINDEX the indexes on texts (reindexdb --concurrently), then {refresh}",
        )
