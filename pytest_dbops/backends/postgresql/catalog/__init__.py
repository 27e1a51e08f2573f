"""Reading the catalog of a PostgreSQL database, majors 14 to 19."""

from pytest_dbops.backends.postgresql.catalog.read import STATEMENTS, read_catalog
from pytest_dbops.backends.postgresql.catalog.repeated import RepeatedReader
from pytest_dbops.backends.postgresql.catalog.session_port import Queryable

__all__ = ["STATEMENTS", "Queryable", "RepeatedReader", "read_catalog"]
