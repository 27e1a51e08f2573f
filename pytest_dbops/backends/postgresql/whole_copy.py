"""Copy a whole PostgreSQL database by pg_dump, as of one snapshot, and read the copy back by pg_restore."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_dbops.backends.postgresql.connect import connect
from pytest_dbops.backends.postgresql.schema_copy import first_error, libpq_variables
from pytest_dbops.backends.postgresql.urls import parameters
from pytest_dbops.core.copying import Answers
from pytest_dbops.core.errors import Blocked, CannotJudge

if TYPE_CHECKING:
    import psycopg

_APPLICATION = "dbops backup"
_TIMEOUT_S = 30.0
_SNAPSHOT = "SELECT pg_catalog.pg_export_snapshot()"
_RESTORE = ("--no-owner", "--no-privileges", "--section=pre-data", "--section=data", "--exit-on-error", "--no-password")
"""Rows and what they need; keys, indexes, triggers and policies are made of rows that are there."""


class PostgresqlCopying:
    """Implements `CopyingProduct`."""

    def write_copy(self, url: str, file: Path, questions: Sequence[str], *, tool: Path | None) -> Answers:
        """Dump what one snapshot shows, in the custom format; see `CopyingProduct`."""
        import psycopg

        assert tool is not None
        try:
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with closing(connect(url, timeout_s=_TIMEOUT_S, application=_APPLICATION)) as connection:
                connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                connection.execute("SET LOCAL row_security = off; SET LOCAL statement_timeout = 0")
                (snapshot,) = connection.execute(_SNAPSHOT).fetchone() or ("",)
                answers = _answers(connection, questions)
                _run(tool, url, "--format=custom", f"--snapshot={snapshot}", f"--file={file}", "--no-password")
                connection.execute("COMMIT")
        except OSError as err:
            raise Blocked(f"the copy {str(file)!r} cannot be written: {err.strerror}") from None
        except psycopg.Error as err:
            raise CannotJudge(f"the database cannot be copied: {' '.join(str(err).split())}") from None
        return answers

    def read_copy(self, file: Path, questions: Sequence[str], *, tool: Path | None, url: str) -> Answers:
        """Restore the rows into a scratch database, and ask it; see `CopyingProduct`."""
        import psycopg

        assert tool is not None
        try:
            database = parameters(url)["dbname"]
            _run(tool.with_name("pg_restore"), url, *_RESTORE, f"--dbname={database}", str(file))
            with closing(connect(url, timeout_s=_TIMEOUT_S, application=_APPLICATION)) as connection:
                return _answers(connection, questions)
        except CannotJudge as err:
            raise Blocked(f"the copy {file.name!r} cannot be read back: {err}") from None
        except psycopg.Error as err:
            raise Blocked(f"the copy {file.name!r} is not whole: {' '.join(str(err).split())}") from None


def _run(tool: Path, url: str, *arguments: str) -> None:
    """Run a program of PostgreSQL's on a database, whose password it is told by its environment."""
    try:
        done = subprocess.run(
            [tool, *arguments], env=libpq_variables(url, application=_APPLICATION), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    except OSError as err:
        raise CannotJudge(f"{tool.name} does not run: {err.strerror}") from None
    if done.returncode:
        raise CannotJudge(f"{tool.name}: {first_error(done.stderr)}")


def _answers(connection: psycopg.Connection[Any], questions: Sequence[str]) -> Answers:
    found = (connection.execute(question.encode()).fetchall() for question in questions)
    return tuple(tuple(sorted(tuple(map(str, row)) for row in rows)) for rows in found)


COPYING = PostgresqlCopying()
