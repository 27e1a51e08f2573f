"""Alembic histories of any length, as a project grows them: tables, columns and indexes, each with a true downgrade.

Every fifth revision makes a table that refers to the one before it; the others add a column, a column with a default,
or an index to the newest table. env.py takes a connection that is handed in, as pytest-alembic hands one in, and makes
its own from the URL where there is none. `models.py` beside the folder says what the history ends with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ENV = """
from alembic import context
from models import metadata as target_metadata
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool


def run(connection):
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is None:
    engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=NullPool)
    with engine.connect() as made:
        run(made)
elif hasattr(given, "connect"):
    with given.connect() as made:
        run(made)
else:
    run(given)
"""
_REVISION = '''"""{title}"""
import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade():
    {upgrade}


def downgrade():
    {downgrade}
'''


@dataclass(frozen=True, slots=True)
class Step:
    """What one revision does, as source text and as the SQL that does the same; model: the statement of the models."""

    title: str
    upgrade: str
    downgrade: str
    upgrade_sql: str
    downgrade_sql: str
    model: str = ""


def revision_id(number: int) -> str:
    """Return the id of the revision of that number, from 1."""
    return f"{number:012x}"


def steps(count: int) -> Iterator[Step]:
    """Yield what each of `count` revisions does."""
    table = ""
    for number in range(1, count + 1):
        match number % 5:
            case 1:
                table, parent = f"thing_{number}", table
                yield _table(table, parent)
            case 2 | 4:
                yield _column(table, f"note_{number}", "sa.String(40)", "VARCHAR(40)", "")
            case 3:
                yield _index(table, f"{table}_name_{number}")
            case _:
                yield _column(table, f"count_{number}", "sa.Integer()", "INTEGER", "0")


def write_history(folder: Path, count: int) -> Path:
    """Write env.py and `count` revisions into `folder`; returns it."""
    versions = folder / "versions"
    versions.mkdir(parents=True)
    (folder / "env.py").write_text(ENV)
    write_models(folder.parent / "models.py", count)
    for number, step in enumerate(steps(count), start=1):
        (versions / f"{revision_id(number)}_step.py").write_text(
            _REVISION.format(
                title=step.title, revision=revision_id(number), down=revision_id(number - 1) if number > 1 else None,
                upgrade=step.upgrade, downgrade=step.downgrade,
            )
        )  # fmt: skip
    return folder


def write_models(file: Path, count: int) -> Path:
    """Write the models that `count` revisions make; returns the file."""
    made = [step.model for step in steps(count)]
    file.write_text("\n".join(["import sqlalchemy as sa", "", "metadata = sa.MetaData()", *made, ""]))
    return file


def sql_of(count: int) -> list[str]:
    """Return what a walk over `count` revisions runs of DDL: each revision up, down and up again."""
    made = list(steps(count))
    return [sql for step in made for sql in (step.upgrade_sql, step.downgrade_sql, step.upgrade_sql)]


def _table(name: str, parent: str) -> Step:
    reference = f', sa.Column("parent_id", sa.Integer(), sa.ForeignKey("{parent}.id"))' if parent else ""
    columns = f'sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(40)){reference}'
    sql_reference = f", parent_id INTEGER REFERENCES {parent} (id)" if parent else ""
    return Step(
        f"make {name}",
        f'op.create_table("{name}", {columns})',
        f'op.drop_table("{name}")',
        f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, name VARCHAR(40){sql_reference})",
        f"DROP TABLE {name}",
        f'{name} = sa.Table("{name}", metadata, {columns})',
    )


def _column(table: str, name: str, kind: str, sql_kind: str, default: str) -> Step:
    given = f', nullable=False, server_default="{default}"' if default else ""
    sql_given = f" DEFAULT '{default}' NOT NULL" if default else ""
    return Step(
        f"add {name}",
        f'op.add_column("{table}", sa.Column("{name}", {kind}{given}))',
        f'op.drop_column("{table}", "{name}")',
        f"ALTER TABLE {table} ADD COLUMN {name} {sql_kind}{sql_given}",
        f"ALTER TABLE {table} DROP COLUMN {name}",
        f'{table}.append_column(sa.Column("{name}", {kind}{given}))',
    )


def _index(table: str, name: str) -> Step:
    return Step(
        f"index {name}",
        f'op.create_index("{name}", "{table}", ["name"])',
        f'op.drop_index("{name}", table_name="{table}")',
        f"CREATE INDEX {name} ON {table} (name)",
        f"DROP INDEX {name}",
        f'sa.Index("{name}", {table}.c["name"])',
    )
