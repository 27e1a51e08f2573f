"""Throw-away database servers: what is asked for, what was found, and the connection they are managed by."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from enum import StrEnum
from typing import NewType, Protocol
from urllib.parse import quote, urlencode, urlunsplit

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.secret import Secret

Progress = Callable[[str], None]
TemplateFingerprint = NewType("TemplateFingerprint", str)


class Origin(StrEnum):
    """Where a scratch server comes from."""

    URL = "url"
    SYSTEM = "system"
    WHEEL = "wheel"
    CONTAINER = "container"


@frozen
class Candidate:
    """One server that could be used, with the reason why it was taken or passed over.

    place: the directory of its binaries, the image, or the URL without its password.
    version: as PostgreSQL prints it (`15.18`), or empty when it was not found out.
    package: the distribution the binaries came with, for a wheel.
    """

    origin: Origin
    place: str
    version: str
    is_taken: bool
    reason: str
    package: str = ""

    @property
    def major(self) -> int | None:
        """The major version, or None when the version is not known."""
        return int(self.version.split(".")[0]) if self.version else None


@frozen
class ScratchServer:
    """A running server on which databases may be made and dropped.

    key: names the server within its run.
    why: one line that tells where it came from, and whether the wanted major version was honoured.
    host: the directory of the Unix socket, or a host name.
    is_private: whether we started it, so that every database on it is ours.
    run_id: the run the databases made on it belong to.
    superuser_password, role_secret: None where the socket's directory is the protection.
    options: further parameters of the connection, as (name, value).
    """

    key: str
    origin: Origin
    why: str
    version: str
    host: str
    port: int
    superuser: str
    run_id: str
    is_private: bool
    maintenance_database: str = "postgres"
    superuser_password: Secret | None = None
    role_secret: Secret | None = None
    options: tuple[tuple[str, str], ...] = ()

    @property
    def major(self) -> int:
        """The major version that really runs."""
        return int(self.version.split(".")[0])

    @property
    def admin_url(self) -> str:
        """The URL of the superuser's connection to the maintenance database; contains the password, if any."""
        return self.url(self.maintenance_database)

    def url(self, database: str, *, role: str | None = None) -> str:
        """Return the `postgresql://` URL of a database, for the superuser or for a role made by us.

        The text holds the password where the server asks for one: hand it to a driver, never to a log.
        """
        user = role or self.superuser
        password = self.superuser_password if role in (None, self.superuser) else self.role_password(user)
        login = quote(user, safe="") + (":" + quote(password.reveal(), safe="") if password else "")
        if self.host.startswith("/"):
            query = urlencode([("host", self.host), ("port", self.port), *self.options], safe="/")
            return f"postgresql://{login}@/{quote(database, safe='')}?{query}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        query = urlencode(self.options, safe="/")
        return urlunsplit(("postgresql", f"{login}@{host}:{self.port}", "/" + quote(database, safe=""), query, ""))

    def role_password(self, role: str) -> Secret | None:
        """Return the password of a role made by us, or None where connections need none."""
        return derive_password(self.role_secret, role) if self.role_secret else None


def derive_password(secret: Secret, role: str) -> Secret:
    """Return the password of a role made by us; every process that knows the run's secret gets the same."""
    return Secret(hmac.new(secret.reveal().encode(), role.encode(), hashlib.sha256).hexdigest())


@frozen
class ServerStatus:
    """One scratch server of this user as found on the machine.

    place: its folder, or the name of its container.
    owner_pid: the process whose end ends the server.
    """

    run_id: str
    owner_pid: int
    is_owner_alive: bool
    origin: Origin
    version: str
    place: str
    is_running: bool
    size_bytes: int


class AdminConnection(Protocol):
    """An autocommit connection that may create and drop databases and roles; never opened on a target."""

    def execute(self, sql: str) -> None:
        """Run one statement outside any transaction; raises DbopsError with the server's message."""

    def scalar(self, sql: str) -> object:
        """Return the first column of the first row, or None when there is no row."""

    def close(self) -> None:
        """Close the connection; never raises."""


class AdminConnect(Protocol):
    """How `provisioning` reaches a server; a backend provides it, because only backends know drivers."""

    def __call__(self, url: str) -> AdminConnection:
        """Open an autocommit connection; raises Unreachable, without the password in its message."""
