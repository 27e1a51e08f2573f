"""CON002."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from pytest_dbops.checks.connectivity._certificate import read_expiry
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.environment import Environment, Requirement
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.server_request import parse_server_url
from pytest_dbops.core.session import Session, Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, severity_of

_DAY_S = 86_400.0


@check(
    "CON002",
    category="connectivity",
    severity=Severity.ERROR,
    backends=("postgresql",),
    settings={"warn_days": 30, "fail_days": 7, "minimum": "TLSv1.2"},
)
def connection_without_tls(
    session: Session, statistics: Statistics, environment: Environment, settings: Settings, clock: datetime
) -> Iterator[Finding]:
    """The connection is not encrypted, uses an old protocol, or the server's certificate runs out soon.

    Passwords, personal data and the statements of a deploy can then be read on the way; with an expired
    certificate every client that verifies it stops at once. The server says whether our own connection is
    encrypted and with which protocol (`minimum`); the certificate's last day is read from the server's port
    (`warn_days`, `fail_days`). Where the environment does not require TLS, a plain connection is an info. A
    Unix socket or a loopback address never leaves the machine and is an info too. Behind a pooler the server
    sees the pooler's connection, so there is no answer there.

    Set `ssl = on` with a certificate, allow only `hostssl` lines in pg_hba.conf, and add
    `sslmode=verify-full` to the URL; renew the certificate before it ends.
    """
    if session.identity.is_pooled:
        raise CannotJudge("a pooler stands between: the server sees the pooler's connection (use a direct url)")
    own = statistics.rows("server")[0]
    is_required = Requirement.TLS in environment.policy.require
    if own["is_encrypted"]:
        yield from _old_protocol(own["tls_version"], settings.text("minimum"))
        yield from _expiring(environment, settings, clock)
    elif _is_local(own):
        yield from _local(own) if is_required else ()
    else:
        yield _plain(own, is_required)


def _is_local(own: Mapping[str, Any]) -> bool:
    address = own["client_address"]
    return address is None or ip_address(address).is_loopback


def _local(own: Mapping[str, Any]) -> Iterator[Finding]:
    way = "a Unix socket" if own["client_address"] is None else f"the loopback address {own['client_address']}"
    yield Finding(
        "connection",
        f"the connection uses {way} and is not encrypted; it does not leave the machine",
        severity=Severity.INFO,
    )


def _plain(own: Mapping[str, Any], is_required: bool) -> Finding:
    demand = "the environment requires TLS" if is_required else "the environment does not require TLS"
    return Finding(
        "connection",
        f"the connection from {own['client_address']} is not encrypted; {demand}",
        hint="add sslmode=verify-full to the url; on the server: ssl = on and hostssl lines in pg_hba.conf",
        severity=None if is_required else Severity.INFO,
    )


def _old_protocol(version: str, minimum: str) -> Iterator[Finding]:
    if _rank(version) < _rank(minimum):
        yield Finding(
            "protocol",
            f"the connection uses {version}; the lowest allowed is {minimum}",
            hint=f"ALTER SYSTEM SET ssl_min_protocol_version = '{minimum}'; SELECT pg_reload_conf();",
        )


def _rank(version: str) -> tuple[int, ...]:
    """Return `TLSv1.2` as (1, 2), and `TLSv1` as (1,)."""
    return tuple(int(part) for part in version.removeprefix("TLSv").split("."))


def _expiring(environment: Environment, settings: Settings, clock: datetime) -> Iterator[Finding]:
    if environment.url is None:
        return
    try:
        address = parse_server_url(environment.url.reveal())
    except ValueError as err:
        raise CannotJudge(f"the server's certificate was not read: the url is {err}") from None
    if not address.host or address.host.startswith("/"):
        return
    try:
        expiry = read_expiry(address.host, address.port, timeout_s=environment.policy.connect_timeout_s)
    except (OSError, ValueError) as err:
        raise CannotJudge(f"the certificate of {address.host}:{address.port} could not be read: {err}") from err
    yield from _days_left((expiry - clock).total_seconds() / _DAY_S, expiry, settings)


def _days_left(days: float, expiry: datetime, settings: Settings) -> Iterator[Finding]:
    warn, fail = -settings.number("warn_days"), -settings.number("fail_days")
    severity = severity_of(-days, warn=warn, fail=fail)
    if severity is None:
        return
    limit = -limit_reached(severity, warn=warn, fail=fail)
    state = f"ends in {days:.0f} days" if days >= 0 else f"ended {-days:.0f} days ago"
    yield Finding(
        "certificate",
        f"the server's certificate {state}, on {expiry:%Y-%m-%d}; at least {limit:.0f} days must be left",
        hint="renew the certificate, then SELECT pg_reload_conf();",
        severity=severity,
    )
