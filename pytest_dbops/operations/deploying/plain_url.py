"""The URL of a real database as the process that runs the project's code wants it: without a driver, one place."""

from __future__ import annotations

from urllib.parse import quote

from pytest_dbops.backends.postgresql.urls import parameters
from pytest_dbops.config.references import dialect_of
from pytest_dbops.core.errors import ConfigError

_IN_PLACE = ("user", "password", "host", "port", "dbname")


def plain_url(url: str) -> str:
    """Return a URL as `postgresql://` or `sqlite:///`, whichever way it was written.

    Raises ConfigError for several hosts or a service: a deploy has to know where it leads.
    """
    if dialect_of(url) == "sqlite":
        from pytest_dbops.backends.sqlite.urls import place_of

        return f"sqlite:///{place_of(url).path.absolute()}"
    given = parameters(url)
    if "service" in given or "," in given.get("host", ""):
        raise ConfigError("a deploy needs the url of one server, without a service or several hosts")
    login = quote(given.get("user", ""), safe="")
    if "password" in given:
        login += f":{quote(given['password'], safe='')}"
    host = given.get("host", "")
    options = {key: value for key, value in given.items() if key not in _IN_PLACE}
    if host.startswith("/"):
        options, host = {"host": host, **options}, ""
    place = (f"[{host}]" if ":" in host else host) + (f":{given['port']}" if "port" in given else "")
    query = "&".join(f"{key}={quote(value, safe='/')}" for key, value in options.items())
    return (
        "postgresql://" + (f"{login}@" if login else "") + place + "/" + quote(given.get("dbname", ""), safe="")
        + (f"?{query}" if query else "")
    )  # fmt: skip
