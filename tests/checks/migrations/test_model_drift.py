"""MIG008; catalogs of both products are compared in tests/migrations/test_drift.py."""

from __future__ import annotations

from pytest_dbops.checks.migrations.model_drift import model_drift
from pytest_dbops.core.catalog import CatalogDiff, Change, Difference, Facet
from pytest_dbops.core.catalog.drift import Drifts, drift, said_by_models
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from tests.checks.migrations.records import COLUMN, ORDER

OLD_NAME = Difference("table t", "index ix_a", "", Change.REMOVED, "on (a)", None, Facet.STRUCTURE)
NEW_NAME = Difference("table t", "index ix_b", "", Change.ADDED, None, "on (a)", Facet.STRUCTURE)
VIEW = Difference("view v", "", "", Change.REMOVED, "definition SELECT 1", None, Facet.STRUCTURE)
OWNER = Difference("table t", "", "owner", Change.CHANGED, "a", "b", Facet.OWNER)
TRIGGER = Difference("table t", "trigger tr", "", Change.REMOVED, "after insert", None, Facet.STRUCTURE)


def test_column_that_only_the_models_have_is_a_finding() -> None:
    assert list(model_drift(drift(COLUMN, ()))) == [
        Finding(
            "t",
            "the models and the migrations disagree on t: + column x of table t (type text)",
            hint="+ is what only the models have, - what only the migrations have",
            evidence=({"change": "added", "what": "table t column x", "before": None, "after": "type text"},),
            identity="added column x ",
        )
    ]


def test_other_name_alone_is_an_info() -> None:
    (found,) = model_drift(drift(CatalogDiff((OLD_NAME, NEW_NAME)), ()))
    assert (found.severity, found.message) == (
        Severity.INFO,
        "t has the same under other names: - index ix_a of table t (on (a)); + index ix_b of table t (on (a))",
    )


def test_what_a_metadata_cannot_say_is_left_out() -> None:
    assert said_by_models(CatalogDiff((VIEW, TRIGGER))) == CatalogDiff()


def test_now_in_other_words_is_no_drift_of_models_and_another_default_is() -> None:
    def changed(old: str, new: str) -> CatalogDiff:
        return CatalogDiff((Difference("table t", "column a", "default", Change.CHANGED, old, new, Facet.STRUCTURE),))

    assert said_by_models(changed("CURRENT_TIMESTAMP", "now()")) == CatalogDiff()
    other = changed("now()", "clock_timestamp()")
    assert said_by_models(other) == other


def test_owners_and_the_order_of_columns_are_no_drift() -> None:
    assert drift(CatalogDiff((OWNER, *ORDER.differences)), ()) == Drifts()


def test_rules_leave_objects_and_parts_alone() -> None:
    for pattern in ("t", "table t", "t column x", "t column *"):
        assert drift(COLUMN, (pattern,)) == Drifts()
    assert drift(COLUMN, ("u", "t index *")) == drift(COLUMN, ())
