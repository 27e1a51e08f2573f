"""Which PostgreSQL and SQLite versions are supported, until when, and the newest minor releases we know of.

A fact that ages: `KNOWN_ON` is the day it was true. Judge by it only what it can carry: a server behind a
minor release listed here is behind; one at or past it may still be behind a younger release.
Sources: PostgreSQL's versioning policy and its release announcements.
"""

from __future__ import annotations

from datetime import date

from pytest_dbops.core.frozen import frozen

KNOWN_ON = date(2026, 8, 24)


@frozen
class MajorRelease:
    """One PostgreSQL major version: its last day of support, and its newest minor release on `KNOWN_ON`.

    newest_minor: None where no minor release was out on that day.
    """

    major: int
    end_of_life: date
    newest_minor: int | None


POSTGRESQL: dict[int, MajorRelease] = {
    release.major: release
    for release in (
        MajorRelease(14, date(2026, 11, 12), 24),
        MajorRelease(15, date(2027, 11, 11), 19),
        MajorRelease(16, date(2028, 11, 9), 15),
        MajorRelease(17, date(2029, 11, 8), 11),
        MajorRelease(18, date(2030, 11, 14), 6),
        MajorRelease(19, date(2031, 11, 13), None),
    )
}

SQLITE_MINIMUM = (3, 38)
