"""Which throw-away server is wanted, and the parts of a server's URL; what configuration needs of scratch servers."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.secret import Secret

OLDEST_MAJOR = 14


@frozen
class ServerRequest:
    """What kind of scratch server is wanted; the `[scratch]` table of dbops.toml.

    server: `auto`, `system`, `wheel` or `container:IMAGE`.
    major: the wanted major version; None takes the cheapest server there is.
    url: a server somebody else runs, in which databases of ours may be made and dropped.
    bindirs: further directories with `postgres` and `initdb`, looked at before the machine's own.
    settings: PostgreSQL settings beyond the fast ones, as (name, value); only for servers we start.
    """

    server: str = "auto"
    major: int | None = None
    url: Secret | None = None
    bindirs: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()


@frozen
class ServerAddress:
    """The parts of a `postgresql://` URL, with libpq's defaults put in; `host` may be a socket directory."""

    host: str
    port: int
    database: str
    user: str
    password: Secret | None
    options: tuple[tuple[str, str], ...]


def parse_server_url(url: str) -> ServerAddress:
    """Split a `postgresql://` or `postgresql+driver://` URL; raises ValueError for any other text.

    Of several hosts (`a:1,b:2`) the first counts. The message of the error never holds the URL.
    """
    parts = urlsplit(url)
    if parts.scheme.split("+")[0] not in ("postgresql", "postgres"):
        raise ValueError("not a postgresql:// URL")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    login, _, location = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    host, port = _split_location(location.split(",")[0])
    host = query.pop("host", "").split(",")[0] or query.pop("hostaddr", "") or unquote(host)
    port = query.pop("port", "").split(",")[0] or port or "5432"
    if not port.isdecimal():
        raise ValueError("the port is not a number")
    user = query.pop("user", "") or unquote(user)
    secret = query.pop("password", "") or unquote(password)
    database = query.pop("dbname", "") or unquote(parts.path.lstrip("/")) or user
    return ServerAddress(host, int(port), database, user, Secret(secret) if secret else None, tuple(query.items()))


def _split_location(location: str) -> tuple[str, str]:
    if location.startswith("["):
        host, _, rest = location[1:].partition("]")
        return host, rest.removeprefix(":")
    host, _, port = location.partition(":")
    return host, port
