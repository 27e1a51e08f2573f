"""Reading the catalog of a SQLite database."""

from pytest_dbops.backends.sqlite.catalog.read import Queryable, read_catalog
from pytest_dbops.backends.sqlite.catalog.repeated import RepeatedReader
from pytest_dbops.backends.sqlite.catalog.statements import STATEMENTS

__all__ = ["STATEMENTS", "Queryable", "RepeatedReader", "read_catalog"]
