"""MIG008."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.migrations._drift import drift_findings
from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.catalog.drift import Drifts


@check("MIG008", category="migrations", severity=Severity.ERROR, cost=Cost.FULL)
def model_drift(drift_of_models: Drifts) -> Iterator[Finding]:
    """The models and the schema that the migrations make are not the same.

    The application then writes to columns that are not there, or trusts a rule, a default or an index that no
    database has; tests that create their tables from the models never notice. Both schemas are made on scratch
    databases and compared as catalogs: types, defaults of the server, CHECKs, enums, comments, indexes with their
    expressions and predicates. Left out is what a MetaData cannot describe: views, functions, triggers, policies,
    grants, partitions. A constraint or an index that differs in nothing but its name is an info.

    Write the missing revision (`alembic revision --autogenerate`), or mend the model. What is meant to differ is left
    alone by `[migrations] ignore_drift`.
    """
    yield from drift_findings(
        drift_of_models.objects, "the models and the migrations disagree on", only_new="only the models have",
        only_old="only the migrations have", extra=None,
    )  # fmt: skip
