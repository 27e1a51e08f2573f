"""The marks of encrypted columns in a target: read by gates, written by what is asked for by name."""

from __future__ import annotations

import json
from collections.abc import Collection

from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import use_environment
from pytest_dbops.core.codec import Mismatch, from_json
from pytest_dbops.core.deploy.preconditions import write_refusals
from pytest_dbops.core.encryption import EncryptedColumn, EncryptedColumns
from pytest_dbops.core.encryption_marks import Mark, MarkedColumns
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import Blocked, CannotJudge, PolicyRefused, UsageError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import Session
from pytest_dbops.crypto.marks import MarkChanges, mark_columns, plan_marks
from pytest_dbops.migrating.failures import one_line
from pytest_dbops.migrating.urls import own_url
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.deploying.plain_url import plain_url
from pytest_dbops.operations.deploying.plan import refuse_unfit
from pytest_dbops.operations.encryption.columns import read_columns
from pytest_dbops.operations.environments import open_environment

_HAS_TABLE = {
    "postgresql": "SELECT 1 AS there FROM pg_catalog.pg_class AS c"
    " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'dbops' AND c.relname = 'encrypted_column'",
    "sqlite": "SELECT 1 AS there FROM sqlite_schema WHERE name = 'dbops_encrypted_column'",
}
_READ = {
    "postgresql": """
SELECT m.table_schema, m.table_name, m.column_name, m.declared, CAST(m.at AS text) AS since,
  EXISTS (
    SELECT 1
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = pg_catalog.to_regclass(
      CASE WHEN m.table_schema = '' THEN '' ELSE pg_catalog.quote_ident(m.table_schema) || '.' END
      || pg_catalog.quote_ident(m.table_name)
    )
    AND a.attname = m.column_name AND NOT a.attisdropped
  ) AS is_there
FROM dbops.encrypted_column AS m
ORDER BY 1, 2, 3
""",
    "sqlite": """
SELECT m.table_schema, m.table_name, m.column_name, m.declared, m.at AS since,
  EXISTS (SELECT 1 FROM pragma_table_xinfo(m.table_name) AS p WHERE p.name = m.column_name) AS is_there
FROM dbops_encrypted_column AS m
ORDER BY 1, 2, 3
""",
}


def read_marks(session: Session, models: EncryptedColumns, *, has_models: bool) -> MarkedColumns:
    """Return the marks of a target beside the models, in two statements; one where nothing was ever marked.

    Raises MissingPrivilege for a role that may not read them, CannotJudge for a mark that cannot be understood.
    """
    known = models.columns if has_models and not models.problem else None
    if not session.query(_HAS_TABLE[session.dialect]):
        return MarkedColumns(models=known)
    rows = session.query(_READ[session.dialect])
    marks = tuple(
        Mark(_declared(str(row["declared"]), _name(row)), str(row["since"]), bool(row["is_there"])) for row in rows
    )
    return MarkedColumns(marks, True, known)


def _name(row: object) -> tuple[str, str, str]:
    return row["table_schema"], row["table_name"], row["column_name"]  # type: ignore[index]


def _declared(text: str, name: tuple[str, str, str]) -> EncryptedColumn:
    shown = ".".join(part for part in name if part)
    try:
        found = from_json(EncryptedColumn, json.loads(text))
    except (ValueError, Mismatch):
        raise CannotJudge(f"the mark of {shown} cannot be understood (run: dbops compliance mark)") from None
    if (found.schema, found.table, found.column) != name:
        raise CannotJudge(f"the mark of {shown} tells of {found.name} (run: dbops compliance mark)")
    return found


@frozen
class Marked:
    """What became of the marks of an environment."""

    environment: Environment
    changes: MarkChanges


def mark_environment(
    config: Config, name: str | None, *, forgotten: Collection[str] = (), is_dry: bool = False, progress: Progress
) -> Marked:
    """Write which columns of an environment's database are encrypted, as the models say.

    forgotten: marks of columns that no model encrypts any more, which are taken out. Raises UsageError for one that is
    not marked or that a model does encrypt, PolicyRefused where nothing may be written.
    """
    environment = use_environment(config, name)
    if environment.url is None:
        raise UsageError(f"environment {environment.name!r} is embedded: it is marked when it is seeded")
    models = read_columns(config)
    if models.problem:
        raise CannotJudge(models.problem)
    with open_environment(config, environment.name, progress=progress) as (_, _, session):
        refuse_unfit(session.identity, environment, what="be marked")
        found = read_marks(session, models, has_models=True)
        session.verify()
    forsaken = {each.column.name for each in found.forsaken()}
    for each in forgotten:
        if each not in forsaken:
            marked = ", ".join(sorted(forsaken)) or "none"
            raise UsageError(f"--forget {each!r} is no marked column that the models left (those are: {marked})")
    if refusals := write_refusals(environment):
        raise PolicyRefused(refusals[0].message)
    return Marked(environment, write_marks(environment, models, forgotten=forgotten, is_dry=is_dry))


def write_marks(
    environment: Environment, models: EncryptedColumns, *, forgotten: Collection[str] = (), is_dry: bool = False
) -> MarkChanges:
    """Write the marks in one transaction; raises Blocked, in one line, where that cannot be done."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    assert environment.url is not None
    engine = create_engine(own_url(plain_url(environment.url.reveal())), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            if is_dry:
                return plan_marks(connection, models.columns, forgotten=forgotten).changes
            return mark_columns(connection, models.columns, forgotten=forgotten)
    except SQLAlchemyError as err:
        raise Blocked(f"the encrypted columns cannot be marked in {environment.name!r}: {one_line(err)}") from None


def mark_after(config: Config, environment: Environment) -> None:
    """Write the marks after a deploy, whose result they do not change; what keeps them from it is logged.

    A gate tells of marks that are missing or stale (ENC005).
    """
    models, logger = read_columns(config), logger_of("compliance")
    problem = models.problem
    if not problem:
        try:
            changes = write_marks(environment, models)
        except Blocked as err:
            problem = str(err)
        else:
            for each in changes.written:
                logger.info("%s of %s is marked as encrypted", each, environment.name)
            return
    logger.warning("the encrypted columns of %s are not marked: %s", environment.name, problem)
