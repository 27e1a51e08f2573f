"""The picture of a schema: types, canonical text, fingerprint, readable difference."""

from pytest_dbops.core.catalog.constraints import (
    CheckConstraint,
    Constraint,
    ExclusionConstraint,
    ForeignKey,
    KeyConstraint,
    NotNullConstraint,
)
from pytest_dbops.core.catalog.difference import CatalogDiff, Change, Difference, diff
from pytest_dbops.core.catalog.facts import MEANING, Facet
from pytest_dbops.core.catalog.fingerprint import fingerprint_of
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
from pytest_dbops.core.catalog.text import canonical_text

__all__ = [
    "MEANING",
    "PUBLIC",
    "Catalog",
    "CatalogDiff",
    "Change",
    "CheckConstraint",
    "Column",
    "ColumnReference",
    "Constraint",
    "Database",
    "DefaultPrivilege",
    "Difference",
    "EventTrigger",
    "ExclusionConstraint",
    "Extension",
    "Facet",
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
    "canonical_text",
    "diff",
    "display_name",
    "fingerprint_of",
    "quote_identifier",
    "quoted_name",
]
