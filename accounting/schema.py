"""What every model shares: names, key columns, and the way tables refer to each other.

Rules of this schema: a table of a tenant begins with `org_id` and has the key `(org_id, id)`; references
between such tables are composite, so that a row of one tenant cannot point at another's; each foreign key
has an index that begins with its columns.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, MetaData, Text, func, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from accounting.types import MONEY, Day, Document, Flag, Moment, PublicId, WholeNumber

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

Json = dict[str, Any]


class Base(DeclarativeBase):
    """Root of all models; its metadata is what migrations are compared with."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        int: WholeNumber,
        str: Text(),
        bool: Flag(),
        date: Day(),
        datetime: Moment(),
        Decimal: MONEY,
        Json: Document(),
        UUID: PublicId(),
    }


OwnId = Annotated[int, mapped_column(WholeNumber, Identity(), primary_key=True)]
"""The key of a table that belongs to no tenant."""

KeyPart = Annotated[int, mapped_column(WholeNumber, primary_key=True, autoincrement=False)]
"""One column of a composite key, always given by the writer."""

RowId = Annotated[int, mapped_column(WholeNumber, Identity(), primary_key=True)]
"""The second half of a tenant row's key: made by PostgreSQL, given by the writer on SQLite."""


class TenantRow:
    """Key of a row that belongs to one organization."""

    org_id: Mapped[KeyPart] = mapped_column(sort_order=-20)
    id: Mapped[RowId] = mapped_column(sort_order=-19)


class Tracked:
    """When a row was made and changed, and how often."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=91)
    row_version: Mapped[int] = mapped_column(server_default=text("1"), sort_order=92)


def table(*items: SchemaItem, comment: str) -> tuple[Any, ...]:
    """Return the `__table_args__` of a model: its constraints, its comment, STRICT on SQLite."""
    return (*items, {"comment": comment, "sqlite_strict": True})


def reference(column: str, target: str, *, cascade: bool = False) -> ForeignKeyConstraint:
    """Return the foreign key from `column` to the `id` of a table that belongs to no tenant."""
    return ForeignKeyConstraint([column], [f"{target}.id"], ondelete="CASCADE" if cascade else "RESTRICT")


def code_reference(column: str, target: str) -> ForeignKeyConstraint:
    """Return the foreign key from `column` to a global table, given as `table.column`."""
    return ForeignKeyConstraint([column], [target], ondelete="RESTRICT")


def tenant_reference(column: str, target: str, *, cascade: bool = False) -> ForeignKeyConstraint:
    """Return the composite foreign key to a row of the same organization."""
    return ForeignKeyConstraint(
        ["org_id", column],
        [f"{target}.org_id", f"{target}.id"],
        ondelete="CASCADE" if cascade else "RESTRICT",
    )


def of_organization() -> ForeignKeyConstraint:
    """Return the foreign key that ties a row to its organization."""
    return reference("org_id", "organization")


def index(*columns: str) -> Index:
    """Return an index named by the convention."""
    return Index(None, *columns)


def one_of(column: str, *words: str) -> CheckConstraint:
    """Return the CHECK that a text column holds one of `words`."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def rule(name: str, condition: str) -> CheckConstraint:
    """Return a named CHECK that reads the same on both databases."""
    return CheckConstraint(condition, name=name)


def rule_per_dialect(name: str, *, postgresql: str, sqlite: str) -> tuple[CheckConstraint, CheckConstraint]:
    """Return one rule, worded for numeric columns and once more for scaled integers."""
    return (
        CheckConstraint(postgresql, name=name).ddl_if(dialect="postgresql"),
        CheckConstraint(sqlite, name=name).ddl_if(dialect="sqlite"),
    )


def personal(kind: str, *, erase: str, is_encrypted: bool = False) -> dict[str, Any]:
    """Return the arguments that mark a personal column, in the model and as a comment in the database.

    kind: what it is about a person (`email`, `name`); erase: what an erasure does with it.
    """
    facts: dict[str, Any] = {"pii": kind, "erase": erase}
    words = [f"pii={kind}", f"erase={erase}"]
    if is_encrypted:
        facts["encrypt"] = True
        words.append("encrypted")
    return {"info": {"dbops": facts}, "comment": f"dbops: {', '.join(words)}"}


def blind_index(of: str) -> dict[str, Any]:
    """Return the arguments that mark the searchable keyed hash of an encrypted column."""
    return {"info": {"dbops": {"blind_index_of": of}}, "comment": f"dbops: blind index of {of}"}
