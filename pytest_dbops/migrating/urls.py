"""Write the URL of a scratch database as the project writes its own: with its driver, and never with another one."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote

_ASYNC_DRIVERS = frozenset({"asyncpg", "aiosqlite", "psycopg_async", "aiomysql", "asyncmy"})
_ASYNC_ENGINE = re.compile(r"\b(?:create_async_engine|async_engine_from_config|AsyncEngine)\b")
_SCHEME = re.compile(r"\s*(?P<product>[a-z0-9]+)(?:\+(?P<driver>[a-z0-9_]+))?(?:://.*)?\Z", re.IGNORECASE | re.DOTALL)
_WITHOUT_SERVER = re.compile(r"(?P<start>[a-z0-9+_]+://(?:[^@/?#]*@)?)(?P<rest>/[^?#]*\?(?P<query>.*))", re.IGNORECASE)
_ALIASES = {"postgres": "postgresql"}


def url_written_like(url: str, written: str) -> str:
    """Return a plain `url` for a variable whose URL was written `written`; libpq's own spelling where it was that.

    written: a URL or only its scheme; empty when nothing is known.
    """
    product, driver = scheme_of(written)
    if product == scheme_of(url)[0] and not driver:
        return url
    return engine_url(url, written)


def with_server(url: str) -> str:
    """Return a URL that leads to a Unix socket with its folder in the place of a server's name as well.

    Libraries of settings refuse a URL without one (pydantic's PostgresDsn). libpq and asyncpg decode it, and
    SQLAlchemy goes by the query.
    """
    found = _WITHOUT_SERVER.fullmatch(url)
    folder = parse_qs(found["query"]).get("host", [""])[0] if found else ""
    return f"{found['start']}{quote(folder, safe='')}{found['rest']}" if found and folder.startswith("/") else url


def engine_url(url: str, written: str, *, is_async: bool = False) -> str:
    """Return a plain `url` that SQLAlchemy can use here, with the driver of `written` where it fits.

    is_async: whether the engine will be asynchronous.
    """
    product, (known, driver) = scheme_of(url)[0], scheme_of(written)
    if known == product and driver and _is_usable(product, driver):
        return _with_driver(url, driver)
    wants_async = is_async or driver in _ASYNC_DRIVERS
    if product == "sqlite":
        return _with_driver(url, "aiosqlite" if wants_async else "")
    if wants_async:
        return _with_driver(url, "asyncpg" if _is_usable(product, "asyncpg") else "psycopg")
    return url if _is_usable(product, "") else _with_driver(url, "psycopg")


def own_url(url: str) -> str:
    """Return a plain `url` for engines of our own: with the driver that this project itself requires."""
    return _with_driver(url, "psycopg") if scheme_of(url)[0] == "postgresql" else url


def synchronous_url(url: str, written: str) -> str:
    """Return a plain `url` for an engine that is not asynchronous, with the driver of `written` if that is not."""
    return own_url(url) if scheme_of(written)[1] in _ASYNC_DRIVERS else engine_url(url, written)


def written_url(url: str) -> str:
    """Return a URL as the installed SQLAlchemy writes it: the path of a SQLite file is encoded since 2.1."""
    from sqlalchemy import URL

    if scheme_of(url)[0] != "sqlite":
        return url
    return URL.create("sqlite", database=url.partition("://")[2][1:]).render_as_string(hide_password=False)


def scheme_of(url: str) -> tuple[str, str]:
    """Return the product and the driver of a URL or of a scheme alone; empty texts where it has none."""
    found = _SCHEME.match(url)
    if found is None:
        return "", ""
    product = found["product"].lower()
    return _ALIASES.get(product, product), (found["driver"] or "").lower()


def wants_async_engine(env_source: str) -> bool:
    """Whether the source of an env.py makes an asynchronous engine."""
    return bool(_ASYNC_ENGINE.search(env_source))


def _with_driver(url: str, driver: str) -> str:
    rest = url.partition("://")[2]
    return f"{scheme_of(url)[0]}{'+' + driver if driver else ''}://{rest}"


def _is_usable(product: str, driver: str) -> bool:
    """Whether SQLAlchemy knows the driver and it is installed; an empty one is SQLAlchemy's default."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        make_url(f"{product}{'+' + driver if driver else ''}://").get_dialect().import_dbapi()
    except (ImportError, SQLAlchemyError):
        return False
    return True
