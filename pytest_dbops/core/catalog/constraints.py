"""Rules a table's rows must keep: keys, references, checks, exclusions."""

from __future__ import annotations

from pytest_dbops.core.catalog.names import display_name
from pytest_dbops.core.frozen import frozen


@frozen
class KeyConstraint:
    """A primary key or a unique constraint.

    ``columns`` are in the key's order. ``conflict`` is SQLite's ``ON CONFLICT`` resolution
    (``REPLACE``, ``IGNORE``, ...), empty for the default; ``is_autoincrement`` is SQLite's.
    ``is_period`` is PostgreSQL 18's ``WITHOUT OVERLAPS`` on the last column. SQLite's unnamed
    constraints have an empty name.
    """

    name: str
    columns: tuple[str, ...]
    include: tuple[str, ...] = ()
    nulls_not_distinct: bool = False
    is_deferrable: bool = False
    is_initially_deferred: bool = False
    is_period: bool = False
    is_inherited: bool = False
    is_autoincrement: bool = False
    conflict: str = ""
    comment: str | None = None


@frozen
class ForeignKey:
    """A reference to the key of another table, column by column in the same order.

    ``on_delete`` and ``on_update`` are ``NO ACTION``, ``RESTRICT``, ``CASCADE``, ``SET NULL`` or
    ``SET DEFAULT``; ``on_delete_columns`` those that the delete action sets, empty for all;
    ``match`` is ``SIMPLE`` or ``FULL``. ``is_validated`` is false for ``NOT VALID``;
    ``is_enforced`` false for PostgreSQL 18's ``NOT ENFORCED``.
    """

    name: str
    columns: tuple[str, ...]
    target_schema: str
    target_table: str
    target_columns: tuple[str, ...]
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    on_delete_columns: tuple[str, ...] = ()
    match: str = "SIMPLE"
    is_deferrable: bool = False
    is_initially_deferred: bool = False
    is_validated: bool = True
    is_enforced: bool = True
    is_period: bool = False
    is_inherited: bool = False
    comment: str | None = None

    @property
    def target(self) -> str:
        """Name the table referred to, for people."""
        return display_name(self.target_schema, self.target_table)


@frozen
class CheckConstraint:
    """A condition every row must satisfy, as the server words it (without the ``CHECK`` keyword).

    ``columns`` are those the condition names, sorted (empty on SQLite: it does not record them).
    """

    name: str
    expression: str
    columns: tuple[str, ...] = ()
    is_validated: bool = True
    is_enforced: bool = True
    is_no_inherit: bool = False
    is_inherited: bool = False
    comment: str | None = None


@frozen
class ExclusionConstraint:
    """An exclusion constraint: no two rows may compare true on all its operators."""

    name: str
    definition: str
    is_deferrable: bool = False
    is_initially_deferred: bool = False
    is_inherited: bool = False
    comment: str | None = None


@frozen
class NotNullConstraint:
    """The constraint behind a column's NOT NULL (PostgreSQL 18 gives it a name and a state)."""

    name: str
    column: str
    is_validated: bool = True
    is_enforced: bool = True
    is_no_inherit: bool = False
    is_inherited: bool = False
    comment: str | None = None


Constraint = KeyConstraint | ForeignKey | CheckConstraint | ExclusionConstraint | NotNullConstraint
