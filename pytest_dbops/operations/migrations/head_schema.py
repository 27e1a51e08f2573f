"""The schema at the heads of a history, read from a database of ours that has all of its revisions."""

from __future__ import annotations

from pytest_dbops.backends import backend_for
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.environment import Environment, Expectation
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import Limits

_LIMITS = Limits(connect_timeout_s=10, statement_timeout_s=120, lock_timeout_s=10)


@frozen
class HeadSchema:
    """What a walk of this run has left; name: of the revisions that make it (see `Keys.schema_name`)."""

    name: str
    catalog: Catalog


def read_schema(environment: Environment, url: str) -> Catalog:
    """Return the schema of a scratch database; raises CannotJudge where it cannot be read."""
    backend = backend_for(environment.dialect)
    opened = backend.open_session(url, limits=_LIMITS, expect=Expectation(), application="pytest-dbops drift")
    with opened as session:
        return backend.read_catalog(session)
