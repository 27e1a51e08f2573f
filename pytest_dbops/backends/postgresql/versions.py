"""Which PostgreSQL this project reads, and how its version numbers are written."""

from __future__ import annotations

from pytest_dbops.core.errors import CannotJudge

OLDEST = (14, 0)


def version_of(version_num: int) -> tuple[int, int]:
    """Return (major, minor) of `server_version_num`: 160004 is (16, 4), 90624 is (9, 6)."""
    if version_num >= 100000:
        return version_num // 10000, version_num % 10000
    return version_num // 10000, version_num // 100 % 100


def require_supported(version: tuple[int, int]) -> None:
    """Raise CannotJudge for a server this project does not read."""
    if version < OLDEST:
        found = ".".join(map(str, version))
        raise CannotJudge(f"the server is PostgreSQL {found}; {OLDEST[0]} or newer is needed (upgrade the server)")
