"""SCH027."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.catalog import Catalog, Extension, quote_identifier
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity

# Removed from PostgreSQL in the version named, or declared obsolete by its manual.
_DEPRECATED = {
    "adminpack": "removed in PostgreSQL 17",
    "old_snapshot": "removed in PostgreSQL 17",
    "plpython2u": "removed in PostgreSQL 15",
    "plpythonu": "removed in PostgreSQL 15",
    "chkpass": "removed in PostgreSQL 11",
    "tsearch2": "removed in PostgreSQL 10",
    "timetravel": "removed in PostgreSQL 12",
    "xml2": "deprecated by the PostgreSQL manual",
}


@check("SCH027", category="schema", severity=Severity.WARNING, backends=("postgresql",), settings={"required": ()})
def extension_out_of_order(catalog: Catalog, statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """An extension is missing, outdated, deprecated, or lives among the application's tables.

    A package upgrade brings new files, but each database keeps the old objects, with their bugs, until it is told
    to update. A deprecated extension stops the next major upgrade. One in schema public mixes its functions with
    yours (a note). Extensions named in `required` must be there (an error).

    Run ALTER EXTENSION ... UPDATE as part of the server's upgrade; keep extensions in a schema of their own.
    """
    installed = {extension.name for extension in catalog.extensions}
    for name in settings.words("required"):
        if name not in installed:
            yield Finding(
                name,
                f"extension {name!r} is required and not installed",
                hint=f"CREATE EXTENSION {quote_identifier(name)};",
                identity="missing",
                severity=Severity.ERROR,
            )
    available = {row["name"]: row["version"] for row in statistics.rows("available_extensions")}
    for extension in catalog.extensions:
        yield from _judge(extension, available.get(extension.name))


def _judge(extension: Extension, available: str | None) -> Iterator[Finding]:
    name, quoted = extension.name, quote_identifier(extension.name)
    if available is None:
        yield Finding(
            name,
            f"extension {name!r} {extension.version} is installed, but the server has no files for it",
            hint="install the operating system's package of it on this server",
            identity="no files",
        )
    elif available != extension.version:
        yield Finding(
            name,
            f"extension {name!r} is at {extension.version}; the server has {available}",
            hint=f"ALTER EXTENSION {quoted} UPDATE;",
            identity="outdated",
        )
    if name in _DEPRECATED:
        yield Finding(
            name,
            f"extension {name!r} was {_DEPRECATED[name]}" if "removed" in _DEPRECATED[name]
            else f"extension {name!r} is {_DEPRECATED[name]}",
            hint=f"DROP EXTENSION {quoted}; (once nothing uses it)",
            identity="deprecated",
        )  # fmt: skip
    if extension.schema == "public":
        yield Finding(
            name,
            f"extension {name!r} has its objects in schema 'public', among the application's",
            hint=f"ALTER EXTENSION {quoted} SET SCHEMA <a schema for extensions>",
            identity="public",
            severity=Severity.INFO,
        )
