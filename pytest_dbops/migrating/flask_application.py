"""The Flask application that an env.py works inside of: Flask-Migrate's asks `current_app` for its engine.

It is found as `flask db` finds it, by FLASK_APP or as app.py or wsgi.py, and its default engine is replaced by one on
the database that the migrations are to run on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.errors import ConfigError, DbopsError
from pytest_dbops.core.raised import import_line
from pytest_dbops.migrating.guard import LIBPQ_VARIABLES
from pytest_dbops.migrating.urls import engine_url

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

_URI = "SQLALCHEMY_DATABASE_URI"
_WORKS_INSIDE = re.compile(r"^\s*from\s+flask\s+import\s[^#\n]*\bcurrent_app\b|\bflask\.current_app\b", re.MULTILINE)
_WAY_OUT = "name it as for `flask db`: FLASK_APP=package:create_app, in the environment or in .env"


@contextmanager
def flask_application(script: ScriptDirectory, url: str) -> Iterator[None]:
    """Enter the application's context with its default engine on the plain `url`; nothing for any other env.py.

    Raises ConfigError, one line, when env.py needs an application and none is found, or it does not start.
    """
    if not _works_inside(Path(script.dir) / "env.py"):
        yield
        return
    application = _loaded()
    with application.app_context():
        _lead(application, url)
        yield


def _works_inside(env: Path) -> bool:
    try:
        return bool(_WORKS_INSIDE.search(env.read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return False


def _loaded() -> Any:
    try:
        command_line = import_module("flask.cli")
        _load_variables(command_line)
        return command_line.ScriptInfo(os.environ.get("FLASK_APP"), set_debug_flag=False).load_app()
    except (DbopsError, KeyboardInterrupt):
        raise
    except BaseException as err:  # an application may raise anything while it is made
        said = import_line(err).removeprefix("NoAppException: ")
        raise ConfigError(
            f"env.py works inside a Flask application, and that does not load: {said} ({_WAY_OUT})"
        ) from err


def _load_variables(command_line: Any) -> None:
    """Set what .env and .flaskenv say and nobody has set yet; how libpq connects stays as it is."""
    before = set(os.environ)
    if command_line.get_load_dotenv():
        command_line.load_dotenv()
    for name in set(LIBPQ_VARIABLES) - before:
        os.environ.pop(name, None)


def _lead(application: Any, url: str) -> None:
    """Lead the application's default engine to `url`, by the driver that the application has named."""
    from sqlalchemy import create_engine

    wanted = engine_url(url, str(application.config.get(_URI) or ""))
    application.config[_URI] = wanted  # Flask-SQLAlchemy makes its engines of this when they are first asked for
    migrate = application.extensions.get("migrate")
    engines = getattr(getattr(migrate, "db", None), "engines", None)
    if isinstance(engines, dict):  # since Flask-SQLAlchemy 3 when the application is made
        engines[None] = create_engine(wanted)
