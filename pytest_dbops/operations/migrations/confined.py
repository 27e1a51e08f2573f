"""Ask something of alembic in a process of its own, which imports the project and can reach no database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import IO, Any

from pytest_dbops.config.model import Config
from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError, PolicyRefused, UsageError
from pytest_dbops.operations.build import child_environment
from pytest_dbops.operations.child import wordless
from pytest_dbops.operations.embedded import url_variables

_KINDS: Mapping[str, type[DbopsError]] = {
    kind.__name__: kind for kind in (ConfigError, PolicyRefused, UsageError, CannotJudge)
}
_LIMIT_S = 120


def ask_confined(question: str, config: Config, dialect: str, **order: object) -> Mapping[str, Any]:
    """Return the answer to one of the questions of `confined_child`; raises the error it answers with instead.

    order: what the question needs, as JSON values. What the project prints is kept from our output.
    """
    variables = url_variables(config)
    request = {
        "question": question, "root": str(config.root), "migrations": config.project.migrations, "dialect": dialect,
        "variables": variables, "written": _schemes(variables), **order,
    }  # fmt: skip
    with tempfile.TemporaryFile() as noise:  # a pipe would keep us as long as anything the project left running
        try:
            child = subprocess.run(
                # -P: a module of the project must not stand in for one of ours.
                [sys.executable, "-P", "-m", "pytest_dbops.operations.migrations.confined_child"],
                input=json.dumps(request).encode(), stdout=subprocess.PIPE, stderr=noise,
                cwd=config.root, env=child_environment(variables), timeout=_LIMIT_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise CannotJudge(f"the project's migrations did not answer within {_LIMIT_S} s") from None
        return _answer(child, noise)


def _answer(child: subprocess.CompletedProcess[bytes], noise: IO[bytes]) -> Mapping[str, Any]:
    try:
        said = json.loads(child.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        noise.seek(0)
        last = noise.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        said_last = last[0] if last else wordless(child.returncode)
        raise CannotJudge(f"the process that reads the migrations ended with {child.returncode}: {said_last}") from None
    if "error" in said:
        raise _KINDS.get(said["kind"], CannotJudge)(said["error"])
    answer: Mapping[str, Any] = said["done"]
    return answer


def _schemes(names: tuple[str, ...]) -> dict[str, str]:
    """Return the scheme of the URL in each variable that is set: how the project likes its URLs written."""
    values = {name: os.environ.get(name, "") for name in (*names, "DATABASE_URL")}
    return {name: value.partition("://")[0] for name, value in values.items() if "://" in value}
