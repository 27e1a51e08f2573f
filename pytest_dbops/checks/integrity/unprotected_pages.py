"""INT001."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check("INT001", category="integrity", severity=Severity.ERROR, backends=("postgresql",), kinds=RUNTIME_KINDS)
def unprotected_pages(statistics: Statistics) -> Iterator[Finding]:
    """Pages carry no checksum, or one did not match.

    Without checksums a page that a disk, a controller or a hypervisor has damaged is read as if it were true, and is
    copied into every backup. One that did not match is damage that is there: the rows of that page cannot be read, or
    must not be believed. Checksums that are off are a warning; they are on by default from PostgreSQL 18 on.

    A failure: stop writing, look at the disk and the server's log, restore from a backup made before. Checksums off:
    `pg_checksums --enable` while the server is down.
    """
    for row in statistics.rows("checksum_failures"):
        yield Finding(
            row["database"],
            f"{row['failures']} pages of database {row['database']!r} did not match their checksums, the last at "
            f"{str(row['last_at'])[:19]}",
            hint="look at the disk and the server's log, then restore from a backup made before",
            identity="failure",
        )
    if statistics.settings.get("data_checksums") == "off":
        yield Finding(
            "data_checksums",
            "pages carry no checksum, so damage on the disk is not seen",
            hint="pg_checksums --enable while the server is down",
            severity=Severity.WARNING,
        )
