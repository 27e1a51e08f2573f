"""PRF002."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.checks.performance.unused_index import unused_index
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, session_on, statistics_of
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import NOTHING_KEPT, kept, later
from tests.fix_settled import wait_until_counted

TABLES = """
CREATE TABLE customer (id integer PRIMARY KEY, name text, code text UNIQUE);
CREATE TABLE invoice (id integer PRIMARY KEY, customer_id integer REFERENCES customer, note text);
INSERT INTO customer SELECT n, 'name ' || n, 'code ' || n FROM generate_series(1, 30000) AS n;
INSERT INTO invoice SELECT n, n, 'note ' || n FROM generate_series(1, 30000) AS n;
CREATE INDEX ix_name ON customer (name);
CREATE INDEX ix_used ON customer (name, id);
CREATE INDEX ix_customer ON invoice (customer_id);
"""
DAYS = timedelta(days=20)
ANY_SIZE = {"least_bytes": 1}


def _asked(target: Target, **change) -> list[Finding]:
    """Ask 20 days after the first run, in which ix_used was used."""
    target.admin(TABLES)
    with target.connect() as connection:
        connection.execute("DROP INDEX ix_name; SET enable_seqscan = off")
        connection.execute("SELECT id FROM customer WHERE name = 'name 7'")
        connection.execute("CREATE INDEX ix_name ON customer (name)")
        connection.execute("ANALYZE")
    wait_until_counted(target.url())
    statistics = statistics_of(target.url())
    with session_on(target.url()) as session:
        catalog = backend_for("postgresql").read_catalog(session)
    after = replace(later(statistics, DAYS), **change)
    thresholds = {**ANY_SIZE, "least_days": 14}
    return ask(unused_index, catalog=catalog, statistics=after, history=kept(statistics), thresholds=thresholds)


def test_index_that_nothing_used_is_found(target: Target) -> None:
    assert ("customer.ix_name", Severity.WARNING) in facts(_asked(target), unused_index)


def test_indexes_with_another_use_are_left_alone(target: Target) -> None:
    subjects = {finding.subject for finding in _asked(target)}
    assert not subjects & {"customer.customer_pkey", "customer.customer_code_key", "invoice.ix_customer"}


def test_index_that_was_used_is_left_alone(target: Target) -> None:
    statistics_before_its_last_use = [finding for finding in _asked(target) if "was not used" in finding.message]
    assert "customer.ix_used" not in {finding.subject for finding in statistics_before_its_last_use}


def test_replicas_that_may_read_leave_the_question_open(target: Target) -> None:
    target.admin(TABLES)
    statistics = statistics_of(target.url())
    parts = {**statistics.parts, "replicas": [{"name": "reader"}]}
    with session_on(target.url()) as session:
        catalog = backend_for("postgresql").read_catalog(session)
    after = later(replace(statistics, parts=parts), DAYS)
    with pytest.raises(CannotJudge, match="replicas are connected"):
        ask(unused_index, catalog=catalog, statistics=after, history=kept(statistics), thresholds=ANY_SIZE)


def test_statistics_that_are_young_leave_the_question_open(target: Target) -> None:
    target.admin(TABLES)
    with session_on(target.url()) as session:
        catalog = backend_for("postgresql").read_catalog(session)
    statistics = statistics_of(target.url())
    with pytest.raises(CannotJudge, match="14 d are needed to call an index unused"):
        ask(unused_index, catalog=catalog, statistics=statistics, history=NOTHING_KEPT, thresholds=ANY_SIZE)


def test_small_index_is_left_alone(target: Target) -> None:
    target.admin(TABLES)
    with session_on(target.url()) as session:
        catalog = backend_for("postgresql").read_catalog(session)
    assert ask(unused_index, catalog=catalog, statistics=statistics_of(target.url()), history=NOTHING_KEPT) == []
