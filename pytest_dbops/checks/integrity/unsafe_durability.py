"""INT014."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity

_WANTED = {
    "fsync": ("on", "a crash of the machine may leave every table damaged"),
    "full_page_writes": ("on", "a crash may leave half-written pages, which no recovery mends"),
    "zero_damaged_pages": ("off", "damaged pages are read as empty, and their rows are gone"),
    "ignore_checksum_failure": ("off", "damaged pages are read as if they were true"),
    "ignore_invalid_pages": ("off", "recovery goes past damage as if it were none"),
}


@check("INT014", category="integrity", severity=Severity.ERROR, backends=("postgresql",), kinds=RUNTIME_KINDS)
def unsafe_durability(statistics: Statistics) -> Iterator[Finding]:
    """A setting trades the rows for speed, or hides damage.

    With `fsync` or `full_page_writes` off a crash of the machine can damage any table, and nobody notices until it is
    read; the settings that go past damaged pages are for a last attempt at saving rows, and lose the others.
    What SQLite calls `synchronous` is each connection's own, so a gate cannot see the application's.

    Set them back, and restore from a backup if the machine has crashed meanwhile.
    """
    for name, (wanted, consequence) in _WANTED.items():
        value = statistics.settings.get(name, wanted)
        if value != wanted:
            yield Finding(
                name,
                f"{name} is {value}: {consequence}",
                hint=f"ALTER SYSTEM SET {name} = {wanted}; SELECT pg_reload_conf();",
            )
