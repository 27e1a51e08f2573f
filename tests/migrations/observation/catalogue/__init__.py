"""The catalogue of DDL: what each statement locks, rewrites and scans; one module a subject."""

from __future__ import annotations

from tests.migrations.observation.catalogue.case import Case
from tests.migrations.observation.catalogue.columns import CASES as COLUMNS
from tests.migrations.observation.catalogue.constraints import CASES as CONSTRAINTS
from tests.migrations.observation.catalogue.indexes import CASES as INDEXES
from tests.migrations.observation.catalogue.outside import CASES as OUTSIDE
from tests.migrations.observation.catalogue.relations import CASES as RELATIONS
from tests.migrations.observation.catalogue.rows import CASES as ROWS

IN_TRANSACTION: tuple[Case, ...] = (*COLUMNS, *CONSTRAINTS, *INDEXES, *RELATIONS, *ROWS)
ALONE: tuple[Case, ...] = OUTSIDE
