"""Make a scratch database what the target is, without its rows: by its own schema, else by the project's history."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.backends.postgresql.urls import parameters
from pytest_dbops.backends.sqlite.schema_copy import copy_schema
from pytest_dbops.config.model import Config
from pytest_dbops.core.errors import CannotJudge, DbopsError
from pytest_dbops.core.history import ancestors, in_order
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.deploying.order import RunOrder, run_revisions
from pytest_dbops.operations.deploying.plain_url import plain_url
from pytest_dbops.operations.deploying.plan import Plan

_LIMIT_S = 600
_DUMP = (
    "--schema-only", "--no-owner", "--no-privileges", "--no-publications", "--no-subscriptions", "--no-tablespaces",
    "--no-security-labels", "--exclude-schema=dbops", "--file=-",
)  # fmt: skip


def put_target_schema(config: Config, plan: Plan, scratch_url: str, *, progress: Progress) -> str:
    """Put the target's schema and version rows into an empty scratch database.

    Returns why its own schema could not be had, one line, and the project's history was put in instead; empty when it
    could. Raises what is wrong with that history.
    """
    assert plan.environment.url is not None
    target = plain_url(plan.environment.url.reveal())
    try:
        progress("copying the schema of the target")
        if plan.environment.dialect == "sqlite":
            copy_schema(_file(target), _file(scratch_url), rows_of=plan.version_table.rpartition(".")[2])
            return ""
        _copy_postgresql(target, scratch_url, plan)
    except DbopsError as err:
        return _put_history(config, plan, scratch_url, progress, str(err))
    return ""


def _put_history(config: Config, plan: Plan, scratch_url: str, progress: Progress, why: str) -> str:
    done = in_order(plan.history, ancestors(plan.history, plan.applied))
    ran = run_revisions(config, RunOrder(done, actor="rehearsal"), scratch_url, progress=progress)
    if ran.problem is not None:
        raise ran.problem
    return why


def _copy_postgresql(target: str, scratch_url: str, plan: Plan) -> None:
    tool = shutil.which("pg_dump")
    if tool is None:
        raise CannotJudge("there is no pg_dump on this machine")
    given = parameters(target)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
             "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}  # fmt: skip
    # The password travels in the environment, which others cannot read, and not in the arguments, which they can.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    variables |= {names[key]: value for key, value in given.items() if key in names}
    try:
        done = subprocess.run(
            [tool, "--no-password", *_DUMP],
            env=variables,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as err:
        raise CannotJudge(f"pg_dump does not run: {type(err).__name__}") from err
    if done.returncode:
        raise CannotJudge(f"pg_dump cannot read the schema: {' '.join(done.stderr.split())[:200]}")
    with closing(connect_admin(scratch_url)) as admin:
        # psql's own commands begin with a backslash, and the schema `public` is there already.
        lines = [line for line in done.stdout.splitlines() if not line.startswith(("\\", "CREATE SCHEMA public;"))]
        admin.execute("\n".join(lines))
        for row in plan.applied:
            admin.execute(f"INSERT INTO {_quoted(plan.version_table)} (version_num) VALUES ({_literal(row)})")  # noqa: S608  # both are quoted


def _file(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _quoted(table: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in table.split("."))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
