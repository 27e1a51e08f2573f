"""The target's own schema, read without changing anything there, and scratch databases that are made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from pytest_dbops.backends.postgresql.schema_copy import DumpedSchema, dump_schema, prepare_database
from pytest_dbops.backends.postgresql.schema_copy import put_schema as put_in_postgresql
from pytest_dbops.backends.sqlite.schema_copy import put_schema as put_in_sqlite
from pytest_dbops.backends.sqlite.schema_copy import read_schema
from pytest_dbops.config.model import Config
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import Limits, Session
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.embedded import safe_scratch_request
from pytest_dbops.operations.rehearsal import scratch_database
from pytest_dbops.operations.runs import Run
from pytest_dbops.provisioning.dump_tools import find_dump_tool


@frozen
class TargetSchema:
    """What the target is, without its rows but for those of the version table.

    version_table: with its schema; empty where nothing is applied and there is none. major: of the server.
    """

    schema: DumpedSchema | tuple[str, ...]
    version_table: str
    applied: tuple[str, ...]
    major: int

    def put(self, url: str) -> None:
        """Make it in an empty scratch database; raises CannotJudge when that does not take it."""
        if isinstance(self.schema, DumpedSchema):
            put_in_postgresql(self.schema, url, version_table=self.version_table, rows=self.applied)
            return
        table = self.version_table.rpartition(".")[2]
        put_in_sqlite(self.schema, Path(url.removeprefix("sqlite:///")), version_table=table, rows=self.applied)


def read_target_schema(
    config: Config, environment: Environment, session: Session, url: Callable[[], str], *, version_table: str,
    applied: Sequence[str],
) -> TargetSchema:  # fmt: skip
    """Return the schema of the target: of SQLite by the session, of PostgreSQL by pg_dump.

    url: of the target. Raises CannotJudge, one line with the way out, where there is no pg_dump that can read it.
    """
    major = session.identity.version[0]
    if session.dialect == "sqlite":
        return TargetSchema(read_schema(session), version_table, tuple(applied), major)
    tool = find_dump_tool(major, bindirs=safe_scratch_request(config).bindirs)
    policy = environment.policy
    limits = Limits(policy.connect_timeout_s, policy.statement_timeout_s, policy.lock_timeout_s)
    return TargetSchema(dump_schema(url(), tool.path, limits=limits), version_table, tuple(applied), major)


def copies_of(
    target: TargetSchema, config: Config, environment: Environment, run: Run, progress: Progress
) -> Callable[[], AbstractContextManager[str]]:
    """Return what makes scratch databases that are the target, without its rows."""

    def prepare(admin_url: str) -> Sequence[str]:
        assert isinstance(target.schema, DumpedSchema)
        return prepare_database(target.schema, admin_url)

    @contextmanager
    def copy() -> Iterator[str]:
        made = scratch_database(config, environment, run, progress, major=target.major, prepare=prepare)
        with made as url:
            target.put(url)
            yield url

    return copy
