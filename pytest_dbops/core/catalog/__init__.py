"""The picture of a schema: types, canonical text, fingerprint, readable difference."""

from pytest_dbops.core.catalog.constraints import (
    CheckConstraint,
    Constraint,
    ExclusionConstraint,
    ForeignKey,
    KeyConstraint,
    NotNullConstraint,
)
from pytest_dbops.core.catalog.indexes import Index, IndexKey
from pytest_dbops.core.catalog.names import display_name, quote_identifier, quoted_name
from pytest_dbops.core.catalog.objects import (
    ColumnReference,
    EventTrigger,
    Extension,
    OtherObject,
    Routine,
    RoutineKind,
    Schema,
    Sequence,
    Type,
    TypeKind,
    View,
)
from pytest_dbops.core.catalog.privileges import PUBLIC, DefaultPrivilege, Grant, Privileges
from pytest_dbops.core.catalog.snapshot import Catalog, Database
from pytest_dbops.core.catalog.tables import (
    Column,
    Persistence,
    Policy,
    Rule,
    Table,
    TableKind,
    Trigger,
)

__all__ = [
    "PUBLIC",
    "Catalog",
    "CheckConstraint",
    "Column",
    "ColumnReference",
    "Constraint",
    "Database",
    "DefaultPrivilege",
    "EventTrigger",
    "ExclusionConstraint",
    "Extension",
    "ForeignKey",
    "Grant",
    "Index",
    "IndexKey",
    "KeyConstraint",
    "NotNullConstraint",
    "OtherObject",
    "Persistence",
    "Policy",
    "Privileges",
    "Routine",
    "RoutineKind",
    "Rule",
    "Schema",
    "Sequence",
    "Table",
    "TableKind",
    "Trigger",
    "Type",
    "TypeKind",
    "View",
    "display_name",
    "quote_identifier",
    "quoted_name",
]
