"""Run a project's env.py, once; once more with what it wants handed in where it cannot do without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from pytest_dbops.migrating.flask_application import flask_application
from pytest_dbops.migrating.urls import engine_url, synchronous_url

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

_HANDED_IN = "connection"
_URL = "sqlalchemy.url"

Handing = Callable[[], AbstractContextManager[Any]]


def run_env(
    config: Config,
    script: ScriptDirectory,
    environment: Callable[[], AbstractContextManager[Any]],
    url: str,
    *,
    is_begun: Callable[[], bool],
) -> None:
    """Run env.py within a new `environment()`.

    One that asks `config.attributes` for a connection it was not given, and fails before the migrations are begun,
    gets one: a Connection, else an Engine, else an AsyncEngine, on the plain `url`. What it raises passes through.
    """

    def run() -> None:
        with flask_application(script, url), environment():
            script.run_env()

    config.attributes = asked = _Attributes(config.attributes)
    try:
        run()
    except (Exception, SystemExit) as err:
        if is_begun() or not asked.was_missed:
            raise
        if not _run_with_any(config, run, _handings(url, config.get_main_option(_URL) or ""), is_begun):
            raise err from None


def _run_with_any(
    config: Config, run: Callable[[], None], handings: tuple[Handing, ...], is_begun: Callable[[], bool]
) -> bool:
    """Run with the first thing that fits; tells whether one did."""
    for handing in handings:
        with handing() as given:
            if given is None:
                continue
            config.attributes[_HANDED_IN] = given
            try:
                run()
            except (AttributeError, TypeError):
                if is_begun():
                    raise
                continue  # it is another of them that is wanted
            return True
    return False


def _handings(url: str, written: str) -> tuple[Handing, ...]:
    """Return what may be handed in, in the order in which it is tried."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(synchronous_url(url, written), poolclass=NullPool)

    @contextmanager
    def connection() -> Iterator[Any]:
        with engine.connect() as given:
            yield given
            given.commit()

    @contextmanager
    def synchronous() -> Iterator[Any]:
        yield engine

    @contextmanager
    def asynchronous() -> Iterator[Any]:
        yield _async_engine(engine_url(url, written, is_async=True))

    return connection, synchronous, asynchronous


def _async_engine(url: str) -> Any:
    """Return an asynchronous engine, None where its driver or greenlet is not installed."""
    from sqlalchemy.pool import NullPool

    try:
        from sqlalchemy.ext.asyncio import create_async_engine

        return create_async_engine(url, poolclass=NullPool)
    except (ImportError, ValueError):  # greenlet is missing: SQLAlchemy says so with either
        return None


class _Attributes(dict[str, Any]):
    """`config.attributes` that notes whether env.py asked for a connection that was not handed in."""

    was_missed = False

    def get(self, key: str, default: Any = None) -> Any:
        """Return what was handed in, or the default."""
        self.was_missed |= key == _HANDED_IN and key not in self
        return super().get(key, default)

    def __missing__(self, key: str) -> Any:
        self.was_missed |= key == _HANDED_IN
        raise KeyError(key)
