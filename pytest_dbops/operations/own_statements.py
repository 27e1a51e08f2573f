"""Whether the project's own SELECTs can be sent at all, found out before anything is connected to."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_dbops.core.check import Check
from pytest_dbops.core.errors import ConfigError, NotReadable


def refuse_unreadable(checks: Iterable[Check]) -> None:
    """Raise ConfigError, with file and line, for a `.sql` check that is not exactly one statement.

    Products write strings and comments differently: a text is refused when none of the check's products takes it.
    """
    for check in checks:
        if check.statement and len(problems := _problems(check)) == len(check.backends):
            raise ConfigError(f"{check.file}: {problems[0]}")


def _problems(check: Check) -> list[str]:
    # Its patterns take a tenth of the time of collecting; a gate without SELECTs of its own does not pay for them.
    from pytest_dbops.backends.sql_text import GRAMMARS, read_statement

    problems = []
    for backend in check.backends:
        try:
            read_statement(check.statement, GRAMMARS[backend])
        except NotReadable as err:
            problems.append(str(err))
    return problems
