"""What the server's numbers stand for: schemas, relations and their columns, by oid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Any

from pytest_dbops.core.catalog import display_name
from pytest_dbops.core.frozen import frozen

OWN_SCHEMA = "dbops"
HIDDEN_SCHEMAS = frozenset({"pg_catalog", "pg_toast", "information_schema", OWN_SCHEMA})
"""Schemas that are the server's own, and the one where this tool keeps its own tables."""


@frozen
class Names:
    """Names by oid, filled while reading; only schemas whose objects are shown are in ``schemas``.

    ``relations`` maps an oid to (schema, name); ``columns`` an oid to attribute number -> name;
    ``comments`` are by catalog and oid, column comments by relation and number; ``operator_classes``
    are those that are not their type's default; ``foreign_tables`` have (server, options);
    ``index_columns`` are those columns of indexes with an own statistics target or parameters.
    """

    major: int
    schemas: dict[int, str] = field(default_factory=dict)
    relations: dict[int, tuple[str, str]] = field(default_factory=dict)
    columns: dict[int, dict[int, str]] = field(default_factory=dict)
    constraints: dict[int, str] = field(default_factory=dict)
    comments: dict[str, dict[int, str]] = field(default_factory=dict)
    column_comments: dict[int, dict[int, str]] = field(default_factory=dict)
    operator_classes: dict[int, str] = field(default_factory=dict)
    access_methods: dict[int, str] = field(default_factory=dict)
    tablespaces: dict[int, str] = field(default_factory=dict)
    toast_options: dict[int, tuple[str, ...]] = field(default_factory=dict)
    foreign_tables: dict[int, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    index_columns: dict[int, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)

    def add_comments(self, rows: Iterable[Sequence[Any]]) -> None:
        """Record the rows of the statement that reads comments."""
        for catalog, oid, part, text in rows:
            if part:
                self.column_comments.setdefault(oid, {})[part] = text
            else:
                self.comments.setdefault(catalog, {})[oid] = text

    def comment(self, catalog: str, oid: int) -> str | None:
        """Return the comment on an object, ``None`` when it has none."""
        known = self.comments.get(catalog)
        return known.get(oid) if known is not None else None

    def display(self, oid: int) -> str:
        """Name a relation for people."""
        return display_name(*self.relations[oid])


def is_hidden_schema(name: str) -> bool:
    """Tell whether a schema's objects are left out: the server's, a session's temporary ones, the tool's."""
    return name in HIDDEN_SCHEMAS or name.startswith(("pg_toast_temp_", "pg_temp_"))


def is_own_function(function: str) -> bool:
    """Tell whether a qualified name is of a function of the tool's own, whose triggers are left out too."""
    return function.startswith(f"{OWN_SCHEMA}.")
