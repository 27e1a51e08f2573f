"""A connection for tests whose statements somebody notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def open_noting(url: str, note: Callable[[object], None]) -> Any:
    """Return a psycopg connection that hands each statement to `note` before it is run."""
    import psycopg

    class NotingCursor(psycopg.Cursor[Any]):
        """A cursor that tells what it runs."""

        def execute(self, query: Any, *args: Any, **options: Any) -> Any:
            note(_text(query, self))
            return super().execute(query, *args, **options)

        def executemany(self, query: Any, *args: Any, **options: Any) -> None:
            note(_text(query, self))
            super().executemany(query, *args, **options)

        def copy(self, statement: Any, *args: Any, **options: Any) -> Any:
            note(_text(statement, self))
            return super().copy(statement, *args, **options)

    return psycopg.connect(url, cursor_factory=NotingCursor)


def _text(query: Any, context: Any) -> object:
    return query if isinstance(query, str | bytes) else query.as_string(context)
