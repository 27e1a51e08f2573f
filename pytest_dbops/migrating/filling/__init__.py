"""Rows made from a catalog: boundary values of every type, in the order of foreign keys, checks kept as far as read."""

from pytest_dbops.migrating.filling.fill import fill
from pytest_dbops.migrating.filling.ground import Ground, ground_of
from pytest_dbops.migrating.filling.partitions import is_without_partitions
from pytest_dbops.migrating.filling.plan import FillPlan, TablePlan, plan_fill
from pytest_dbops.migrating.filling.recipes import Breadth
from pytest_dbops.migrating.filling.vocabulary import Vocabulary, vocabulary_of

__all__ = [
    "Breadth",
    "FillPlan",
    "Ground",
    "TablePlan",
    "Vocabulary",
    "fill",
    "ground_of",
    "is_without_partitions",
    "plan_fill",
    "vocabulary_of",
]
