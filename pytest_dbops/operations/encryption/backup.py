"""A verified copy of a whole database, made before its fields are sealed anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pytest_dbops.backends import backend_for, copying_for
from pytest_dbops.config.model import Config
from pytest_dbops.core.backups import BackupForm, BackupRecord, Verification, VerificationLevel
from pytest_dbops.core.copying import Answers
from pytest_dbops.core.encryption import EncryptedColumn
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import Blocked, DbopsError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import Session
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.deploying.plain_url import plain_url
from pytest_dbops.operations.embedded import drop_embedded, safe_scratch_request
from pytest_dbops.operations.encryption import statements
from pytest_dbops.operations.environments import open_environment
from pytest_dbops.operations.rehearsal import scratch_database
from pytest_dbops.operations.runs import Run
from pytest_dbops.provisioning.dump_tools import find_dump_tool

FOLDER = ".dbops/backups"
_SUFFIX = {"postgresql": ".dump", "sqlite": ".sqlite3"}


@frozen
class VerifiedCopies:
    """Makes copies of an environment's database into files; implements `BackupMaker`.

    PostgreSQL is dumped by pg_dump as of one snapshot and restored on a scratch server, SQLite is copied by its backup
    interface and its pages are checked. A copy counts when all tables have the rows, and the encrypted columns the
    fields, that the database had at the moment of the copy.
    """

    config: Config
    environment: Environment
    columns: Sequence[EncryptedColumn]
    folder: Path

    def make(self, progress: Progress) -> BackupRecord:
        """Make and verify a copy; see `BackupMaker`. A file that does not hold what it should is removed."""
        environment = self.environment
        assert environment.url is not None
        url, product = plain_url(environment.url.reveal()), copying_for(environment.dialect)
        questions, major = self._questions(progress)
        tool = None
        if environment.dialect == "postgresql":
            tool = find_dump_tool(major, bindirs=safe_scratch_request(self.config).bindirs).path
        at = datetime.now(UTC)
        file = self._file(at)
        progress(f"copying {environment.name} to {file}")
        try:
            there = product.write_copy(url, file, questions, tool=tool)
            finished = datetime.now(UTC)
            progress(f"reading {file.name} back")
            found = self._read_back(file, questions, tool, major, progress)
            if found != there:
                asked = _unlike(questions, there, found)
                raise Blocked(f"the copy {file.name!r} does not hold what the database did, by: {asked}")
        except DbopsError:
            file.unlink(missing_ok=True)
            raise
        return BackupRecord(
            str(file), finished, file.stat().st_size, is_encrypted=False, started_at=at,
            form=BackupForm.FILE if environment.dialect == "sqlite" else BackupForm.LOGICAL,
            verifications=(Verification(datetime.now(UTC), VerificationLevel.RESTORED),),
        )  # fmt: skip

    def _file(self, at: datetime) -> Path:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as err:
            raise Blocked(f"the folder {str(self.folder)!r} cannot be made: {err.strerror}") from None
        return self.folder / f"{self.environment.name}-{at:%Y%m%dT%H%M%S%fZ}{_SUFFIX[self.environment.dialect]}"

    def _questions(self, progress: Progress) -> tuple[list[str], int]:
        """Return what is asked of database and copy, and the major version of the server."""
        dialect = self.environment.dialect
        with open_environment(self.config, self.environment.name, progress=progress) as (_, _, session):
            catalog, major = backend_for(dialect).read_catalog(session), session.identity.version[0]
            tables = [(each.schema if dialect == "postgresql" else "", each.name) for each in catalog.tables]
            asked = [f"SELECT count(*) FROM {statements.quoted(*each)}" for each in tables]  # noqa: S608  # quoted
            for column in self.columns:
                asked += _of_column(session, column, tables)
            session.verify()
        return asked, major

    def _read_back(
        self, file: Path, questions: Sequence[str], tool: Path | None, major: int, progress: Progress
    ) -> Answers:
        product = copying_for(self.environment.dialect)
        if self.environment.dialect == "sqlite":
            return product.read_copy(file, questions, tool=tool, url="")
        answers: list[Answers] = []

        def restore(admin_url: str) -> tuple[str, ...]:
            """As superuser: extensions are part of a database, and its roles are not."""
            answers.append(product.read_copy(file, questions, tool=tool, url=admin_url))
            return ()

        run = Run(None)
        try:
            with scratch_database(self.config, self.environment, run, progress, major=major, prepare=restore):
                return answers[0]
        finally:
            run.end(lambda owned: drop_embedded(owned, self.config))


def _of_column(session: Session, column: EncryptedColumn, tables: Sequence[tuple[str, str]]) -> list[str]:
    """Return what is asked of an encrypted column; nothing of one that is not there or cannot hold envelopes."""
    schemas = [schema for schema, name in tables if name == column.table and column.schema in ("", schema)]
    if len(schemas) != 1:
        return []
    placed = replace(column, schema=schemas[0])
    if session.dialect == "sqlite":
        return [statements.structure(placed, "sqlite")]  # its copies are made page by page, and checked so
    named = {"table": statements.table_of(placed), "column": placed.column}
    if session.scalar(statements.TYPE_ON_POSTGRESQL, named) != "bytea":
        return []
    return [statements.structure(placed, "postgresql"), statements.digest_on_postgresql(placed)]


def _unlike(questions: Sequence[str], there: Answers, found: Answers) -> str:
    """Return the first question that was answered otherwise, without values."""
    return next(
        question for question, one, other in zip(questions, there, found, strict=True) if one != other
    )  # fmt: skip
