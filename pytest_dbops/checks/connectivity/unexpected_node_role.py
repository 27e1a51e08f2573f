"""CON014."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity

_WRITE_BITS = 0o222
_TRUE = ("1", "on", "true", "yes")


@check("CON014", category="connectivity", severity=Severity.ERROR, settings={"expect": "primary"})
def unexpected_node_role(statistics: Statistics, environment: Environment, settings: Settings) -> Iterator[Finding]:
    """The url leads to a node that cannot be written, or to a primary where a standby was meant.

    A deploy fails on its first statement after a failover that nobody told the url of; a report meant for a
    standby loads the primary. `expect` says what the environment should be: `primary` (not in recovery, and
    not read-only by default for everybody) or `standby`. On SQLite a primary is a file that may be written
    and a url without `mode=ro` or `immutable=1`.

    Point the url at the right node, or let libpq choose it (`target_session_attrs=read-write` or
    `standby`); `ALTER DATABASE ... RESET default_transaction_read_only`.
    """
    expected = settings.text("expect")
    if expected not in ("primary", "standby"):
        raise ConfigError(f"[checks.CON014] expect is {expected!r}; it is primary or standby")
    if "server" in statistics.parts:
        yield from _node(statistics, expected)
    if expected == "primary":
        yield from _file(statistics, environment)


def _node(statistics: Statistics, expected: str) -> Iterator[Finding]:
    found = "standby" if statistics.rows("server")[0]["in_recovery"] else "primary"
    if found != expected:
        yield Finding(
            "node",
            f"the server is a {found}; the environment expects a {expected}",
            hint=f"add target_session_attrs={'read-write' if expected == 'primary' else 'standby'} to the url",
        )
    elif found == "primary" and (origin := _read_only_for_all(statistics)):
        yield Finding(
            "node",
            f"transactions are read-only by default: default_transaction_read_only is on for {origin}",
            hint="ALTER DATABASE ... RESET default_transaction_read_only; or ALTER SYSTEM RESET it and reload",
            identity="default_transaction_read_only",
        )


def _read_only_for_all(statistics: Statistics) -> str:
    """Return for whom the default is read-only, or nothing; a setting of our own role tells of nobody else."""
    server = statistics.rows("server")[0]
    values = {
        (row["database"], row["role"]): row["value"]
        for row in statistics.rows("role_settings")
        if row["name"] == "default_transaction_read_only"
    }
    for_database = values.get((server["database"], ""))
    if for_database is not None:
        return f"database {server['database']!r}" if for_database.lower() in _TRUE else ""
    if any(role == server["role"] for _, role in values):
        return ""
    return "the whole server" if statistics.settings.get("default_transaction_read_only") == "on" else ""


def _file(statistics: Statistics, environment: Environment) -> Iterator[Finding]:
    for file in statistics.parts.get("files", ())[:1]:
        if not int(file["mode"], 8) & _WRITE_BITS:
            yield Finding(
                file["name"],
                f"file {file['name']!r} has mode {file['mode']}; nobody may write it",
                hint=f"chmod u+w {file['name']}",
            )
        if environment.url is not None and (option := _read_only_option(environment.url.reveal())):
            yield Finding(
                "url",
                f"the url opens the database read-only ({option})",
                hint=f"take {option} out of the url",
            )


def _read_only_option(url: str) -> str:
    query = parse_qs(urlsplit(url).query)
    if query.get("mode", [""])[-1] == "ro":
        return "mode=ro"
    return "immutable=1" if query.get("immutable", [""])[-1].lower() in _TRUE else ""
