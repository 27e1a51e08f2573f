"""CON003."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity

_GROUP_BITS, _OTHER_BITS = 0o070, 0o007
_LOOPBACK_NAMES = ("localhost", "samehost")


@check(
    "CON003",
    category="connectivity",
    severity=Severity.ERROR,
    kinds=("staging", "production"),
    settings={"file_mode": "0600"},
)
def weak_authentication(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """Somebody may come in without a password, with a readable one, or with one that is easy to break.

    A `trust` rule for a network lets anyone be any role; `password` without TLS sends the password as it is;
    md5 passwords can be replayed from a stolen hash and are deprecated since PostgreSQL 18. A SQLite file that
    others may read (more than `file_mode` allows) has no authentication at all.

    Every role sees `password_encryption` and how it came in itself (PostgreSQL 16 and newer); the rules of
    pg_hba.conf need a grant. Without it only that much is judged, and an info says so. Rules for Unix sockets
    and loopback addresses are not judged.

    Use `scram-sha-256` (or certificates) in `hostssl` rules, set the passwords of md5 roles again, and take a
    SQLite file's rights away from others (`chmod 600`).
    """
    if "server" in statistics.parts:
        yield from _rules(statistics)
        yield from _passwords(statistics)
    for file in statistics.parts.get("files", ()):
        yield from _open_file(file, int(settings.text("file_mode"), 8))


def _rules(statistics: Statistics) -> Iterator[Finding]:
    if "hba_rules" not in statistics.unreadable:
        for rule in statistics.rows("hba_rules"):
            yield from _weak_rule(rule)
        return
    own = statistics.rows("server")[0]
    yield from _own_login(own)
    yield Finding(
        "pg_hba.conf",
        f"only the login of {own['role']!r} was judged; the rules were not seen",
        hint=statistics.unreadable["hba_rules"],
        severity=Severity.INFO,
    )


def _weak_rule(rule: Mapping[str, Any]) -> Iterator[Finding]:
    if rule["error"] is not None or rule["type"] == "local" or _is_loopback(rule):
        return
    method, subject = rule["method"], _rule_text(rule)
    if method == "trust":
        yield Finding(subject, f"rule {subject!r} lets anybody in without a password", hint=_SCRAM)
    elif method == "password" and rule["type"] != "hostssl":
        yield Finding(subject, f"rule {subject!r} has passwords sent unencrypted", hint=_SCRAM)
    elif method == "md5":
        yield Finding(
            subject,
            f"rule {subject!r} accepts md5 passwords, deprecated since PostgreSQL 18",
            hint=_SCRAM,
            severity=Severity.WARNING,
        )


_SCRAM = "write scram-sha-256 instead, in a hostssl rule, then SELECT pg_reload_conf();"


def _rule_text(rule: Mapping[str, Any]) -> str:
    """Return the rule as it is written in the file, without its options."""
    databases, roles = ",".join(rule["databases"] or ()), ",".join(rule["roles"] or ())
    address = rule["address"] or ""
    if rule["netmask"]:
        address = str(ip_network(f"{address}/{_prefix(rule['netmask'])}", strict=False))
    return f"{rule['type']} {databases} {roles} {address} {rule['method']}"


def _prefix(netmask: str) -> int:
    return int(ip_address(netmask)).bit_count()


def _is_loopback(rule: Mapping[str, Any]) -> bool:
    address = rule["address"] or ""
    if address in _LOOPBACK_NAMES:
        return True
    if not rule["netmask"]:
        return False
    return ip_network(f"{address}/{_prefix(rule['netmask'])}", strict=False).is_loopback


def _own_login(own: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge how we came in ourselves, where the server tells; a local connection is no network's business."""
    login, address = own["login"], own["client_address"]
    if login is None or address is None or ip_address(address).is_loopback:
        return
    if login == "":
        yield Finding(
            own["role"], f"role {own['role']!r} came in from {address} without a password (trust)", hint=_SCRAM
        )
    elif login.startswith("md5:"):
        yield Finding(
            own["role"], f"role {own['role']!r} came in with an md5 password", hint=_SCRAM, severity=Severity.WARNING
        )


def _passwords(statistics: Statistics) -> Iterator[Finding]:
    if statistics.settings.get("password_encryption") == "md5":
        yield Finding(
            "password_encryption",
            "new passwords are stored as md5, deprecated since PostgreSQL 18",
            hint="ALTER SYSTEM SET password_encryption = 'scram-sha-256'; SELECT pg_reload_conf();",
            severity=Severity.WARNING,
        )
    for row in statistics.parts.get("md5_passwords", ()):
        yield Finding(
            row["role"],
            f"the password of role {row['role']!r} is stored as md5",
            hint="set password_encryption to scram-sha-256, then set the password again",
            severity=Severity.WARNING,
        )


def _open_file(file: Mapping[str, Any], allowed: int) -> Iterator[Finding]:
    excess = int(file["mode"], 8) & ~allowed & (_GROUP_BITS | _OTHER_BITS)
    if excess:
        yield Finding(
            file["name"],
            f"file {file['name']!r} has mode {file['mode']}; at most {allowed:04o} is allowed",
            hint=f"chmod {allowed:o} {file['name']}",
            severity=Severity.ERROR if excess & _OTHER_BITS else Severity.WARNING,
        )
