"""Put the schema a history starts from into an empty database: a .sql file, or a function of the project."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError
from pytest_dbops.core.raised import import_line

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# pg_dump writes these two around its text; they are psql's, and mean nothing to a server.
_RESTRICTED = re.compile(r"^\\(?:un)?restrict\b.*$", re.MULTILINE)
_OF_PSQL = re.compile(r"^\\\w+", re.MULTILINE)
_ROWS_OF_COPY = re.compile(r"^COPY .* FROM stdin;$", re.MULTILINE | re.IGNORECASE)


def apply_baseline(connection: Connection, baseline: str, root: Path) -> None:
    """Run the file, or call `module:function` with the connection; the caller commits.

    Raises ConfigError when there is no such file or function, CannotJudge when it fails.
    """
    try:
        if baseline.endswith(".sql"):
            _run_file(connection, _text_of(root / baseline, baseline), baseline)
        else:
            _function(baseline)(connection)
    except DbopsError:
        raise
    except (Exception, SystemExit) as err:  # the project's file or function may raise anything
        said = getattr(err, "orig", None) or err
        raise CannotJudge(
            f"[project] baseline {baseline!r} fails: {type(said).__name__}: {' '.join(str(said).split())}"
        ) from err


def _text_of(file: Path, baseline: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"[project] baseline {baseline!r} does not exist") from None
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(f"[project] baseline {baseline!r} cannot be read: {err}") from err


def _run_file(connection: Connection, text: str, baseline: str) -> None:
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        driver.executescript(text)
        return
    text = _RESTRICTED.sub("", text)
    if found := _OF_PSQL.search(text) or _ROWS_OF_COPY.search(text):
        raise ConfigError(
            f"[project] baseline {baseline!r} holds '{found.group(0).split()[0]}', which only psql understands"
            " (write it by: pg_dump --schema-only --no-owner --no-privileges)"
        )
    # Without parameters the text goes to the server as it is, all its statements at once.
    with driver.cursor() as cursor:
        cursor.execute(text)


def _function(reference: str) -> Any:
    module, _, name = reference.partition(":")
    try:
        found = getattr(import_module(module), name)
    except KeyboardInterrupt:
        raise
    except BaseException as err:  # the project's module may raise anything at import
        raise ConfigError(f"[project] baseline {reference!r} does not import: {import_line(err)}") from err
    if not callable(found):
        raise ConfigError(f"[project] baseline {reference!r} is {type(found).__name__}, not a function")
    return found
