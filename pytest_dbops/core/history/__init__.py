"""An alembic history as data: its revisions, what is wrong with it, and the questions that are asked of it."""

from pytest_dbops.core.history.graph import ancestors, descendants, effective_heads, in_order, lineage, path
from pytest_dbops.core.history.model import Downgrade, History, HistoryProblem, ProblemKind, Revision
from pytest_dbops.core.history.order import make_history
from pytest_dbops.core.history.preview import Preview, RevisionPreview
from pytest_dbops.core.history.ranges import find_revision, select_revisions
from pytest_dbops.core.history.standing import Standing, pending, standing

__all__ = [
    "Downgrade",
    "History",
    "HistoryProblem",
    "Preview",
    "ProblemKind",
    "Revision",
    "RevisionPreview",
    "Standing",
    "ancestors",
    "descendants",
    "effective_heads",
    "find_revision",
    "in_order",
    "lineage",
    "make_history",
    "path",
    "pending",
    "select_revisions",
    "standing",
]
