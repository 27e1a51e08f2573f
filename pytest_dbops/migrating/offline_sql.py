"""Write the SQL of revisions by alembic's offline mode; runs in a process of its own, where no connection is made."""

from __future__ import annotations

import functools
import io
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.errors import CannotJudge, DbopsError, PolicyRefused
from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.failures import one_line
from pytest_dbops.migrating.flask_application import flask_application

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script, ScriptDirectory

_NEEDS_A_CONNECTION = ("'NoneType' object", "--sql mode", "MockConnection")
_CONNECTS = "it connects to a database, and offline there is none"


@frozen
class RevisionSql:
    """The SQL of one revision, with what it does to the version table; `problem` says why it is not all of it."""

    id: str
    sql: str
    problem: str = ""


@frozen
class OfflineSql:
    """The part of each revision in the order of running, and the text to run: all of it, transactions included.

    The text ends before the first revision with a problem: run as it is, it leaves no revision half applied.
    """

    sql: str
    revisions: tuple[RevisionSql, ...]


def offline_sql(
    config: Config, revisions: Sequence[str], *, before: Sequence[str], is_downgrade: bool, refused: Sequence[str]
) -> OfflineSql:
    """Return the SQL of running `revisions` in this order, from a version table with the rows `before`.

    A revision that cannot do without a connection is a problem of its own, and the others are still written.
    refused: grows when the project tried to connect. Raises CannotJudge when env.py has no offline mode or fails.
    """
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    buffer = io.StringIO()
    config.output_buffer = buffer
    found: list[tuple[str, int, list[str]]] = []
    try:
        script = ScriptDirectory.from_config(config)
        steps = _steps(script, revisions, is_downgrade, buffer, found)
        with (
            flask_application(script, config.get_main_option("sqlalchemy.url") or ""),
            EnvironmentContext(
                config, script, fn=steps, as_sql=True, starting_rev=tuple(before) or None, destination_rev="heads"
            ),
        ):
            script.run_env()
    except (Exception, SystemExit) as err:  # env.py may raise anything
        if isinstance(err, DbopsError) and not isinstance(err, PolicyRefused):
            raise
        if refused:
            raise CannotJudge(_no_offline_mode(_CONNECTS)) from err
        raise CannotJudge(f"env.py does not run offline: {type(err).__name__}: {one_line(err)}") from err
    if len(found) < len(revisions):
        raise CannotJudge(_no_offline_mode(_CONNECTS if refused else "it ends without running any migration"))
    return _cut(buffer.getvalue(), found)


def _steps(
    script: ScriptDirectory, revisions: Sequence[str], is_downgrade: bool, buffer: io.StringIO,
    found: list[tuple[str, int, list[str]]],
) -> Callable[[tuple[str, ...], Any], Iterator[Any]]:  # fmt: skip
    """Return what alembic asks for the steps to run; where the text of each begins is noted in `found`."""
    from alembic.runtime.migration import MigrationStep

    make = MigrationStep.downgrade_from_script if is_downgrade else MigrationStep.upgrade_from_script

    def steps(_heads: tuple[str, ...], context: Any) -> Iterator[Any]:
        for each in revisions:
            revision, problems = script.get_revision(each), list[str]()
            found.append((each, buffer.tell(), problems))
            step = make(script.revision_map, revision)
            step.migration_fn = _tolerant(step.migration_fn, revision, context, problems)
            yield step

    return steps


def _tolerant(run: Callable[..., None], revision: Script, context: Any, problems: list[str]) -> Callable[..., None]:
    """Return a function that notes what goes wrong instead of raising it: offline, nothing later depends on it."""

    @functools.wraps(run)  # alembic names the step by its function
    def run_and_note(**more: Any) -> None:
        try:
            run(**more)
        except (Exception, SystemExit) as err:  # a revision may raise anything
            problems.append(_problem(err, revision, run))
            context.impl.static_output(f"-- {problems[-1]}")

    return run_and_note


def _problem(err: BaseException, revision: Script, run: Callable[..., None]) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(err.__traceback__) if frame.filename == revision.path]
    where = f"revision {revision.revision} ({Path(revision.path).name}{f':{lines[-1]}' if lines else ''})"
    # Alembic follows its first sentence with advice that fills a screen.
    said = _CONNECTS if isinstance(err, PolicyRefused) else f"{type(err).__name__}: {one_line(err).split('. ')[0]}"
    if isinstance(err, PolicyRefused) or any(words in said for words in _NEEDS_A_CONNECTION):
        return f"{where} needs a connection, so its SQL cannot be written offline: {said}"
    if isinstance(err, NotImplementedError) and run.__name__ == "downgrade":
        return f"{where} cannot be taken back: {one_line(err)}"
    return f"{where} cannot be written as SQL: {said}"


def _no_offline_mode(what: str) -> str:
    return (
        f"env.py has no offline mode: {what}"
        " (give it one: if context.is_offline_mode(), context.configure(url=..., literal_binds=True))"
    )


def _cut(text: str, found: Sequence[tuple[str, int, list[str]]]) -> OfflineSql:
    ends = [start for _, start, _ in found[1:]] + [len(text)]
    parts = [
        RevisionSql(each, text[start:end].strip(), "; ".join(problems))
        for (each, start, problems), end in zip(found, ends, strict=True)
    ]
    whole = next((start for _, start, problems in found if problems), len(text))
    return OfflineSql(text[:whole], tuple(parts))
