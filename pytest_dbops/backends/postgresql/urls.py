"""URLs of PostgreSQL in every spelling people use, as libpq parameters; compared, and shown without secrets.

Source: PostgreSQL manual, "Connection Strings"; SQLAlchemy, "Database URLs".
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from os.path import realpath
from urllib.parse import parse_qsl, quote, unquote

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.secret import MASK

DEFAULT_PORT = "5432"
SECRETS = frozenset({"password", "sslpassword", "passfile", "oauth_client_secret", "sslkeylogfile"})
"""Parameters whose values are never shown."""

_URL = re.compile(r"\s*(?P<scheme>[A-Za-z]+(?:\+[A-Za-z0-9_]+)?)://(?P<rest>.*?)\s*\Z", re.DOTALL)
_PAIR = re.compile(r"\s*(?P<key>[a-z_]+)\s*=\s*(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<plain>(?:[^\s'\\]|\\.)*))(?=\s|\Z)")
_DEFAULT_SOCKETS = ("/var/run/postgresql", "/run/postgresql", "/tmp")
_THIS_MACHINE = ("", "localhost", "localhost.localdomain", "127.0.0.1", "::1", "0.0.0.0", "::")
# SQLAlchemy's asyncpg spells the same wish differently; pg8000's and asyncpg's further options are theirs alone.
_FOREIGN_DRIVERS = ("asyncpg", "pg8000", "psycopgcffi", "pygresql")
_LIBPQ_SSL = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def parameters(url: str) -> dict[str, str]:
    """Return libpq parameters of a URL (any `postgresql+driver://`) or of `key=value` text, as they were given.

    Raises ConfigError for a text that cannot be read, or could be read in two ways; the message holds no part
    of the URL.
    """
    found = _URL.match(url)
    if found is None:
        return _of_keywords(url)
    scheme, _, driver = found["scheme"].lower().partition("+")
    if scheme not in ("postgresql", "postgres"):
        raise ConfigError(f"{scheme!r} is not a URL of PostgreSQL; write postgresql://user@host:5432/database")
    return _of_url(driver, found["rest"])


def display_url(url: str) -> str:
    """Return `url` without its password and secret parameters; a text that cannot be read is masked whole."""
    try:
        given = parameters(url)
    except ConfigError:
        return f"postgresql://{MASK}"
    query = [(key, value) for key, value in given.items() if key not in _IN_PLACE]
    host, port = given.get("host", ""), given.get("port", "")
    if "/" in host or "," in host or "," in port:
        query[:0] = [(key, value) for key, value in (("host", host), ("port", port)) if value]
        host = port = ""
    login = quote(given.get("user", ""), safe="") + (f":{MASK}" if "password" in given else "")
    shown = "&".join(f"{key}={MASK if key in SECRETS else quote(value, safe='/,:.')}" for key, value in query)
    place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    return (
        "postgresql://" + (f"{login}@" if login else "") + place
        + "/" + quote(given.get("dbname", ""), safe="") + (f"?{shown}" if shown else "")
    )  # fmt: skip


def same_database(one: str, other: str) -> bool:
    """Tell whether two URLs lead to one database of one server, as far as text can tell.

    Host names are compared without case; this machine's names, its addresses and the default socket
    directories are one host; missing parts are filled as libpq would. Of several hosts one in common is
    enough. Two names of one address are not found out: that is what the handshake is for.
    """
    try:
        here, there = _filled(parameters(one)), _filled(parameters(other))
    except ConfigError:
        return False
    if here["dbname"] != there["dbname"]:
        return False
    if here.get("service") and here.get("service") == there.get("service"):
        return True
    return bool(_places(here) & _places(there))


def places_of(host: str) -> tuple[str, str]:
    """Split `host`, `host:port`, `[v6]:port` or a socket directory into host and port; the port may be empty."""
    if host.startswith("/"):
        directory, _, port = host.rpartition(":")
        return (directory, port) if directory and port.isdecimal() else (host, "")
    bracketed = re.fullmatch(r"\[(.*)\](?::(\d+))?", host)
    if bracketed:
        return bracketed[1], bracketed[2] or ""
    name, _, port = host.rpartition(":")
    return (name, port) if name and port.isdecimal() and ":" not in name else (host, "")


def is_this_machine(host: str) -> bool:
    """Tell whether a host, an address or a socket directory is one of the usual names of this machine."""
    folded = host.lower().rstrip(".")
    if folded.startswith("/"):
        return realpath(folded) in {realpath(directory) for directory in _DEFAULT_SOCKETS}
    return folded in _THIS_MACHINE or folded == socket.gethostname().lower()


def _of_url(driver: str, rest: str) -> dict[str, str]:
    location, _, query = rest.partition("?")
    authority, _, path = location.partition("/")
    if "@" in path:
        raise ConfigError("the database URL can be read in two ways; write '/' in its password as %2F, '@' as %40")
    login, _, place = authority.rpartition("@")
    user, _, password = login.partition(":")
    host, port = _hosts_and_ports(place)
    given = {"user": unquote(user), "password": unquote(password), "host": host, "port": port}
    given["dbname"] = unquote(path)
    options = dict(parse_qsl(query, keep_blank_values=True))
    if "database" in options:
        options["dbname"] = options.pop("database")
    given.update(_libpq_options(options, driver))
    return _checked({key: value for key, value in given.items() if value})


def _hosts_and_ports(place: str) -> tuple[str, str]:
    pairs = [_host_and_port(part) for part in place.split(",")]
    hosts, ports = [unquote(host) for host, _ in pairs], [port for _, port in pairs]
    if not any(ports):
        return ",".join(hosts).strip(","), ""
    return ",".join(hosts), ",".join(port or DEFAULT_PORT for port in ports)


def _host_and_port(place: str) -> tuple[str, str]:
    if place.startswith("["):
        host, _, rest = place[1:].partition("]")
        return host, rest.removeprefix(":")
    host, _, port = place.partition(":")
    return host, port


def _libpq_options(options: Mapping[str, str], driver: str) -> dict[str, str]:
    """Translate what SQLAlchemy's other drivers call differently, and drop what only they understand."""
    if driver not in _FOREIGN_DRIVERS:
        return dict(options)
    known = {key: value for key, value in options.items() if key in _IN_PLACE or key.startswith("ssl")}
    wish = known.pop("ssl", "")
    if wish:
        known.setdefault("sslmode", wish if wish in _LIBPQ_SSL else "require")
    return known


def _of_keywords(text: str) -> dict[str, str]:
    given, at = {}, 0
    while text[at:].strip():
        pair = _PAIR.match(text, at)
        if pair is None:
            raise ConfigError("the database's connection text is malformed; write key=value pairs, or a URL")
        value = pair["plain"] if pair["quoted"] is None else pair["quoted"]
        given[pair["key"]] = re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)
        at = pair.end()
    if "://" in given.get("dbname", "") or "=" in given.get("dbname", ""):
        raise ConfigError("the database's connection text holds another one in 'dbname'; write one only")
    return _checked(given)


def _checked(given: dict[str, str]) -> dict[str, str]:
    if not all(port.isdecimal() for port in given.get("port", "0").split(",") if port):
        raise ConfigError(
            "the port in the database URL is not a number (in a password, write ':' '/' '@' as %3A %2F %40)"
        )
    if any("\0" in value or not _is_unicode(value) for value in given.values()):
        raise ConfigError("the database URL holds a NUL character, or text that is not valid Unicode")
    return given


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _filled(given: dict[str, str]) -> dict[str, str]:
    """Fill what is missing as libpq would, from PGHOST and its like."""
    if {"host", "port", "dbname", "user"} <= given.keys() or "service" in given:
        return {"port": DEFAULT_PORT, "dbname": given.get("user", ""), **given}
    from psycopg.pq import Conninfo

    defaults = {
        option.keyword.decode(): option.val.decode()
        for option in Conninfo.get_defaults()
        if option.val is not None and option.keyword in (b"host", b"hostaddr", b"port", b"dbname", b"user")
    }
    filled = {"port": DEFAULT_PORT, **defaults, **given}
    filled.setdefault("dbname", filled.get("user", ""))
    return filled


def _places(given: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return every (host, port) the parameters name, by name and by address."""
    found = set()
    for hosts in filter(None, (given.get("host"), given.get("hostaddr"))):
        found |= set(_paired(hosts.split(","), given["port"].split(",")))
    return found or set(_paired([""], given["port"].split(",")))


def _paired(hosts: list[str], ports: list[str]) -> Iterator[tuple[str, str]]:
    if len(ports) < len(hosts):
        ports = ports * len(hosts)
    for host, port in zip(hosts, ports, strict=False):
        yield _canonical(host), port or DEFAULT_PORT


def _canonical(host: str) -> str:
    if is_this_machine(host):
        return "localhost"
    return realpath(host) if host.startswith("/") else host.lower().rstrip(".")


_IN_PLACE = ("user", "password", "host", "port", "dbname")
