"""Refuse a scratch server that is, or could be, somebody's real database.

What is compared: host, port and database, after the aliases of this machine (`localhost`, its addresses, the
default socket directories) have become one name and host names have been resolved to addresses. What cannot
be seen from here: a pooler or a proxy that forwards to the same server under another address or database
name, and a host name that another resolver answers differently. The identity handshake covers those.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping

from pytest_dbops.core.errors import PolicyRefused
from pytest_dbops.core.secret import Secret
from pytest_dbops.core.server_request import ServerAddress, parse_server_url

HERE = "this machine"
LOCAL_NAMES = frozenset({"", "localhost", "localhost.localdomain", "ip6-localhost"})
SOCKET_DIRECTORIES = frozenset({"/var/run/postgresql", "/run/postgresql", "/tmp", "/private/tmp"})


def refuse_if_environment(scratch_url: Secret, environments: Mapping[str, Secret]) -> None:
    """Raise PolicyRefused when the scratch URL leads to the database of any of these environments.

    environments: name of an environment to its URL; URLs of other products are passed over.
    Resolves host names; one that cannot be resolved is compared as it is written.
    """
    scratch = parse_server_url(scratch_url.reveal())
    for name, url in environments.items():
        address = _parse(url)
        if address is not None and same_database(scratch, address):
            raise PolicyRefused(
                f"the scratch URL leads to the database {address.database!r} of environment {name!r};"
                " scratch databases are made and dropped (give another server in SHADOW_DATABASE_URL)"
            )


def same_database(one: ServerAddress, other: ServerAddress) -> bool:
    """Tell whether two addresses lead to one database, as far as that can be known without connecting."""
    if one.port != other.port or one.database != other.database:
        return False
    return not hosts_of(one).isdisjoint(hosts_of(other))


def hosts_of(address: ServerAddress) -> frozenset[str]:
    """Return all names of a server's host that can be compared: addresses, or `this machine`."""
    host = address.host.lower().rstrip(".") if not address.host.startswith("/") else address.host
    if host.startswith(("/", "@")):
        known = SOCKET_DIRECTORIES | {""}
        return frozenset({HERE} if host.rstrip("/") in known else {host.rstrip("/")})
    if host in LOCAL_NAMES or host == socket.gethostname().lower():
        return frozenset({HERE})
    found = _addresses(host)
    is_here = any(_is_loopback(each) for each in found) or not found.isdisjoint(_addresses(socket.gethostname()))
    return found | {HERE if is_here else host}


def _addresses(host: str) -> frozenset[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return frozenset()
    return frozenset(str(entry[4][0]).removeprefix("::ffff:") for entry in found)


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address in ("::1", "0.0.0.0", "::")


def _parse(url: Secret) -> ServerAddress | None:
    try:
        return parse_server_url(url.reveal())
    except ValueError:
        return None
