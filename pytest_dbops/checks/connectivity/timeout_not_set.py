"""CON009."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import parse_qs, urlsplit

from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity

_MOST_NAMES = 5


@check(
    "CON009",
    category="connectivity",
    severity=Severity.WARNING,
    kinds=("staging", "production"),
    settings={"required": ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")},
)
def timeout_not_set(statistics: Statistics, environment: Environment, settings: Settings) -> Iterator[Finding]:
    """A time-out that protects the database is off for roles that log in to it.

    One forgotten transaction or one runaway statement then holds its locks until somebody notices; without
    `lock_timeout` a statement that waits makes everybody queue behind it. Judged is what each login role
    starts with: its own ALTER ROLE settings, those of the database, then the server's. Superusers are not
    judged, nor are we, unless there is no other role. `required` names the settings; `transaction_timeout`
    (PostgreSQL 17) may be added. On SQLite waiting belongs to each connection, so the url's `timeout` is
    judged: 0 means that a busy database is an error at once.

    Set them per role, so that backups and maintenance keep their own; on SQLite, leave `timeout` at 5 or more.
    """
    if "roles" in statistics.parts:
        for name in settings.words("required"):
            yield from _without(statistics, name)
    if environment.url is not None and _never_waits(environment.url.reveal()):
        yield Finding(
            "timeout",
            "the url sets timeout=0, so that a busy database is an error at once",
            hint="write timeout=5, or leave it out",
        )


def _without(statistics: Statistics, name: str) -> Iterator[Finding]:
    if name not in statistics.settings:
        return
    values = _values_by_role(statistics, name)
    hidden = [role for role, value in values.items() if value is None]
    off = [role for role, value in values.items() if value is not None and _is_off(value)]
    if hidden:
        yield Finding(
            name,
            f"the server's {name} is hidden behind our own role's setting; not judged for {_listed(hidden)}",
            hint=f"SHOW {name}; as another role",
            identity="hidden",
            severity=Severity.INFO,
        )
    if off:
        yield Finding(
            name,
            f"{name} is 0 (no limit) for {len(off)} of {len(values)} login roles: {_listed(off)}",
            hint=f"ALTER ROLE \"{off[0]}\" SET {name} = '30s';",
        )


def _values_by_role(statistics: Statistics, name: str) -> dict[str, str | None]:
    """Return what each login role starts with; None where our own role's setting hides the server's."""
    own = statistics.rows("server")[0]["role"]
    overrides = {
        (row["database"], row["role"]): row["value"] for row in statistics.rows("role_settings") if row["name"] == name
    }
    roles = [row["name"] for row in statistics.parts["roles"] if row["may_connect"] and not row["is_superuser"]]
    others = [role for role in roles if role != own]
    if not others:
        return dict.fromkeys(roles, statistics.settings[name])
    server = None if any(role == own for _, role in overrides) else statistics.settings[name]
    return {role: _effective(statistics, overrides, role, server) for role in others}


def _effective(
    statistics: Statistics, overrides: dict[tuple[str, str], str], role: str, server: str | None
) -> str | None:
    """Return the value a role starts with; a pair beats the role alone, that beats the database (ALTER ROLE)."""
    database = statistics.rows("server")[0]["database"]
    for key in ((database, role), ("", role), (database, "")):
        if key in overrides:
            return overrides[key]
    return server


def _is_off(value: str) -> bool:
    return value.rstrip("usmindh ") in ("0", "")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _never_waits(url: str) -> bool:
    return parse_qs(urlsplit(url).query).get("timeout", [""])[-1] in ("0", "0.0")
