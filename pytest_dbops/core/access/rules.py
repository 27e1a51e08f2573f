"""The declared matrix of roles and rights, as `[access]` has it."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType

from pytest_dbops.core.frozen import frozen

ATTRIBUTES = ("login", "superuser", "createdb", "createrole", "replication", "bypassrls")
"""What a role may be allowed beside rights on objects, as CREATE ROLE calls it."""

RIGHTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "database": ("CONNECT", "CREATE", "TEMPORARY"),
        "schemas": ("USAGE", "CREATE"),
        "tables": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"),
        "columns": ("SELECT", "INSERT", "UPDATE", "REFERENCES"),
        "sequences": ("USAGE", "SELECT", "UPDATE"),
        "functions": ("EXECUTE",),
    }
)
"""Kind of object to the rights there are on it (PostgreSQL manual, "Privileges")."""


@frozen
class ObjectRights:
    """Rights on objects of one kind: (name or pattern with `*` and `?`, rights), in the order of the file."""

    pairs: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def of(self, name: str) -> tuple[str, ...] | None:
        """Return the rights on an object: those of its name, else of the longest pattern that fits; None if none."""
        fitting = [(pattern != name, -len(pattern), rights) for pattern, rights in self.pairs if _fits(name, pattern)]
        return min(fitting)[2] if fitting else None


@frozen
class RoleRule:
    """What one role may be and do; what is not written it may not. `PUBLIC` stands for every role.

    default_tables, default_sequences, default_functions: rights it gets on what will be created.
    """

    name: str
    attributes: tuple[str, ...] = ()
    member_of: tuple[str, ...] = ()
    database: tuple[str, ...] = ()
    schemas: ObjectRights = ObjectRights()
    tables: ObjectRights = ObjectRights()
    columns: ObjectRights = ObjectRights()
    sequences: ObjectRights = ObjectRights()
    functions: ObjectRights = ObjectRights()
    default_tables: tuple[str, ...] = ()
    default_sequences: tuple[str, ...] = ()
    default_functions: tuple[str, ...] = ()


@frozen
class AccessRules:
    """The whole matrix.

    owner: the role that owns every object; empty where that is not declared.
    ignore: patterns of roles that are not judged.
    """

    owner: str = ""
    ignore: tuple[str, ...] = ()
    roles: tuple[RoleRule, ...] = ()

    @property
    def is_declared(self) -> bool:
        """Whether the project declares who may do what."""
        return bool(self.roles or self.owner)

    def rule(self, name: str) -> RoleRule | None:
        """Return what is declared of a role; None where it is not."""
        return next((rule for rule in self.roles if rule.name == name), None)

    def ignores(self, name: str) -> bool:
        """Whether a role is none of the matrix' business."""
        return any(fnmatchcase(name, pattern) for pattern in self.ignore)


def _fits(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern)
