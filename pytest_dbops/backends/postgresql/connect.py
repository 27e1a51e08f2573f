"""Open a connection to a PostgreSQL server, with bounds on how long anything may take."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pytest_dbops.backends.postgresql.faults import connect_fault, one_line
from pytest_dbops.backends.postgresql.urls import display_url, parameters
from pytest_dbops.backends.postgresql.versions import require_supported, version_of
from pytest_dbops.core.errors import CannotJudge, ConfigError
from pytest_dbops.core.secret import Secret, SecretMask

if TYPE_CHECKING:
    import psycopg

SHORTEST_PATIENCE_S = 2
"""libpq takes whole seconds, and two at least (PostgreSQL manual, connect_timeout)."""

_ALIVE = {
    "keepalives": "1",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}


def connect(url: str, *, timeout_s: float, application: str) -> psycopg.Connection[Any]:
    """Return an autocommit connection to `url`; TCP keepalives notice a dead host within a minute.

    Raises Unreachable (one line, no password), CannotJudge for a server or a libpq that is too old,
    ConfigError for a URL that libpq does not take.
    """
    import psycopg

    given = parameters(url)
    patience_s = max(SHORTEST_PATIENCE_S, math.ceil(timeout_s))
    wanted = _ALIVE | given | {
        "connect_timeout": str(patience_s),
        "application_name": application,
        "client_encoding": "utf8",
    }  # fmt: skip
    try:
        connection = psycopg.connect(_conninfo(wanted), autocommit=True, prepare_threshold=None)
    except psycopg.ProgrammingError as err:
        raise ConfigError(f"{display_url(url)}: {one_line(_masked(str(err), given))}") from None
    except (psycopg.Error, OSError) as err:
        raise connect_fault(_masked(str(err), given), display_url(url), patience_s) from None
    try:
        _require_able(connection)
    except CannotJudge:
        connection.close()
        raise
    return connection


def _require_able(connection: psycopg.Connection[Any]) -> None:
    from psycopg import Pipeline

    require_supported(version_of(connection.info.server_version))
    if not Pipeline.is_supported():
        raise CannotJudge("the installed libpq is older than 14 (pip install 'psycopg[binary]')")


def _conninfo(given: dict[str, str]) -> str:
    """Write parameters as libpq reads them; one it does not know is refused by libpq, with its name."""
    escaped = {key: value.replace("\\", "\\\\").replace("'", "\\'") for key, value in given.items()}
    return " ".join(f"{key}='{value}'" for key, value in escaped.items())


def _masked(text: str, given: dict[str, str]) -> str:
    mask = SecretMask(Secret(value) for key, value in given.items() if "password" in key)
    return mask(text)
