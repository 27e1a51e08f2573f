"""Ask something of alembic in a process of its own, which imports the project and can reach no database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_dbops.config.model import Config
from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError, PolicyRefused, UsageError
from pytest_dbops.operations.build_orders import url_variables
from pytest_dbops.operations.child import run_child, schemes_of, wordless

_KINDS: Mapping[str, type[DbopsError]] = {
    kind.__name__: kind for kind in (ConfigError, PolicyRefused, UsageError, CannotJudge)
}
_CHILD = "pytest_dbops.operations.migrations.confined_child"
_LIMIT_S = 120


def ask_confined(question: str, config: Config, dialect: str, **order: object) -> Mapping[str, Any]:
    """Return the answer to one of the questions of `confined_child`; raises the error it answers with instead.

    order: what the question needs, as JSON values. What the project prints is kept from our output.
    """
    variables = url_variables(config)
    request = {
        "question": question, "root": str(config.root), "migrations": config.project.migrations, "dialect": dialect,
        "variables": variables, "written": schemes_of(variables), **order,
    }  # fmt: skip
    ended = run_child(_CHILD, request, cwd=config.root, without=variables, hear=lambda said: None, limit_s=_LIMIT_S)
    if ended.is_late:
        raise CannotJudge(f"the project's migrations did not answer within {_LIMIT_S} s")
    if "error" in ended.last:
        raise _KINDS.get(ended.last["kind"], CannotJudge)(ended.last["error"])
    if "done" not in ended.last:
        said_last = ended.noise or wordless(ended.returncode)
        raise CannotJudge(f"the process that reads the migrations ended with {ended.returncode}: {said_last}")
    answer: Mapping[str, Any] = ended.last["done"]
    return answer
