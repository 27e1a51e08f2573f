"""ENC005."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING

from pytest_dbops.core.check import check
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.catalog import Catalog
    from pytest_dbops.core.encryption import EncryptedColumn
    from pytest_dbops.core.encryption_marks import MarkedColumns

_MARK = "run: dbops compliance mark"


@check("ENC005", category="encryption", severity=Severity.WARNING)
def stale_encryption_mark(encryption_marks: MarkedColumns, catalog: Catalog) -> Iterator[Finding]:
    """What the database says of its encrypted columns is not what the models say, or is of a column that is gone.

    `dbops migrate deploy`, `seed`, `encrypt-column`, `rotate-key` and `compliance mark` write into the tool's own table
    which columns are encrypted and how; a gate without models goes by it. A stale mark misleads that gate. A column
    that is marked and that no model encrypts any more is an error: its fields are written in plain from now on, and
    the gate of the models does not look at it.

    Write the marks anew. Where a column is to be plain, open its fields first, then take out the mark
    (`dbops compliance mark --forget TABLE.COLUMN`).
    """
    if not encryption_marks.has_table:
        raise DoesNotApply("no encrypted column was ever marked in this database (dbops compliance mark)")
    for mark in encryption_marks.forsaken():
        yield Finding(
            mark.column.name, f"is marked as encrypted since {mark.since}, and no model encrypts it any more",
            hint=f"give it back its type, or: dbops compliance mark --forget {mark.column.name}", identity="forsaken",
            severity=Severity.ERROR,
        )  # fmt: skip
    for mark in encryption_marks.gone():
        yield Finding(
            mark.column.name, f"is marked as encrypted since {mark.since}, and the database has no such column",
            hint=_MARK, identity="gone",
        )  # fmt: skip
    for mark, model in encryption_marks.changed():
        names = (each.name for each in fields(model) if getattr(mark.column, each.name) != getattr(model, each.name))
        yield Finding(
            mark.column.name, f"is marked otherwise than its model says: {', '.join(names)}", hint=_MARK,
            identity="changed",
        )  # fmt: skip
    for column in encryption_marks.unmarked():
        if not _is_there(catalog, column):
            continue  # a difference of the schema, which other checks tell
        yield Finding(
            column.name, "is encrypted by its model and not marked; a gate without models does not see it", hint=_MARK,
            identity="unmarked",
        )  # fmt: skip


def _is_there(catalog: Catalog, column: EncryptedColumn) -> bool:
    schema = column.schema or catalog.default_schema
    return catalog.has_table(schema, column.table) and any(
        each.name == column.column for each in catalog.table(schema, column.table).columns
    )
