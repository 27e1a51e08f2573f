"""What the server's numbers stand for: schemas, relations and their columns, by oid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_dbops.core.catalog import display_name

Comments = Mapping[tuple[str, int, int], str]

HIDDEN_SCHEMAS = frozenset({"pg_catalog", "pg_toast", "information_schema", "dbops"})
"""Schemas that are the server's own, and the one where this tool keeps its own tables."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names by oid, filled while reading; only schemas whose objects are shown are in ``schemas``.

    ``relations`` maps an oid to (schema, name); ``columns`` an oid to attribute number -> name;
    ``comments`` are by (catalog, oid, sub-object); ``operator_classes`` are those that are not
    their type's default, as names.
    """

    major: int
    schemas: dict[int, str] = field(default_factory=dict)
    relations: dict[int, tuple[str, str]] = field(default_factory=dict)
    columns: dict[int, dict[int, str]] = field(default_factory=dict)
    constraints: dict[int, str] = field(default_factory=dict)
    comments: dict[tuple[str, int, int], str] = field(default_factory=dict)
    operator_classes: dict[int, str] = field(default_factory=dict)

    def comment(self, catalog: str, oid: int, part: int = 0) -> str | None:
        """Return the comment on an object, ``None`` when it has none."""
        return self.comments.get((catalog, oid, part))

    def display(self, oid: int) -> str:
        """Name a relation for people."""
        return display_name(*self.relations[oid])


def is_hidden_schema(name: str) -> bool:
    """Tell whether a schema's objects are left out: the server's, a session's temporary ones, the tool's."""
    return name in HIDDEN_SCHEMAS or name.startswith(("pg_toast_temp_", "pg_temp_"))
