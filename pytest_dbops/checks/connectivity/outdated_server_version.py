"""CON004."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.server_versions import KNOWN_ON, POSTGRESQL, SQLITE_MINIMUM, MajorRelease
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check("CON004", category="connectivity", severity=Severity.WARNING, settings={"notice_days": 180})
def outdated_server_version(
    statistics: Statistics, environment: Environment, settings: Settings, clock: datetime
) -> Iterator[Finding]:
    """The server's major version is past its end of life, or a minor release behind.

    Without support no security hole and no data loss is mended any more; a minor release holds only such
    fixes and needs no more than a restart. The end of a major version is judged by the day of the run and is
    announced `notice_days` before; newer minor releases are known up to the date the finding names. In
    development and testing all of this is an info. A SQLite library older than 3.38 is reported too.

    Install the newest minor release; plan the move to a supported major version with pg_upgrade or logical
    replication.
    """
    severity = Severity.WARNING if environment.is_guarded else Severity.INFO
    if statistics.dialect in _JUDGES:
        yield from _JUDGES[statistics.dialect](statistics.version, clock.date(), settings, severity)


def _postgresql(version: tuple[int, int], today: date, settings: Settings, severity: Severity) -> Iterator[Finding]:
    major, minor = version
    release = POSTGRESQL.get(major)
    if release is None:
        return
    yield from _end_of_life(release, today, settings, severity)
    if release.newest_minor is not None and minor < release.newest_minor:
        newest = f"{major}.{release.newest_minor}"
        yield Finding(
            f"PostgreSQL {major}",
            f"the server is PostgreSQL {major}.{minor}; {newest} was out on {KNOWN_ON}",
            hint=f"install PostgreSQL {newest} or a newer {major} and restart the server",
            identity="minor release",
            severity=severity,
        )


def _end_of_life(release: MajorRelease, today: date, settings: Settings, severity: Severity) -> Iterator[Finding]:
    left = (release.end_of_life - today).days
    newest = max(known.major for known in POSTGRESQL.values() if known.newest_minor is not None)
    hint = f"move to PostgreSQL {newest}, or another version that is supported for longer"
    name = f"PostgreSQL {release.major}"
    if left < 0:
        message = f"support of {name} ended on {release.end_of_life}, {-left} days ago"
        yield Finding(name, message, hint=hint, identity="end of life", severity=severity)
    elif left < settings.number("notice_days"):
        message = f"support of {name} ends on {release.end_of_life}, in {left} days"
        yield Finding(name, message, hint=hint, identity="end of life", severity=Severity.INFO)


def _sqlite(version: tuple[int, int], today: date, settings: Settings, severity: Severity) -> Iterator[Finding]:
    if version < SQLITE_MINIMUM:
        found, needed = (".".join(map(str, parts)) for parts in (version, SQLITE_MINIMUM))
        yield Finding(
            "SQLite",
            f"the SQLite library is {found}; at least {needed} is needed",
            hint="install a Python built with a newer SQLite",
            severity=severity,
        )


_JUDGES = {"postgresql": _postgresql, "sqlite": _sqlite}
