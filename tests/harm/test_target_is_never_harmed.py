"""Whatever goes through a gate's session, the database under guard is the same afterwards."""

from __future__ import annotations

from contextlib import suppress

import pytest

from pytest_dbops.backends.postgresql.session import PostgresqlSession
from pytest_dbops.backends.sqlite.session import SqliteSession
from pytest_dbops.core.errors import CannotJudge, NotReadable
from tests.fix_targets import PRODUCTS, Target
from tests.harm.attempts import POSTGRESQL, SQLITE, Attempt

HELD_BY_DATABASE = [attempt for attempt in POSTGRESQL if attempt.held_by == "database"]


def named(attempt: Attempt) -> str:
    return attempt.name


@pytest.mark.parametrize("attempt", POSTGRESQL, ids=named)
def test_postgresql_session_refuses(attempt: Attempt, postgresql_target: Target) -> None:
    before = postgresql_target.state()
    with postgresql_target.open() as session:
        with pytest.raises(NotReadable):
            session.query(attempt.sql)
        assert session.scalar("SELECT count(*) FROM invoice") == 3
        session.verify()
        assert postgresql_target.state() == before
    assert postgresql_target.state() == before


@pytest.mark.parametrize("attempt", HELD_BY_DATABASE, ids=named)
def test_postgresql_itself_holds_even_a_superuser_past_the_guard(attempt: Attempt, postgresql_target: Target) -> None:
    before = postgresql_target.state()
    with postgresql_target.open(url=postgresql_target.superuser_url) as session:
        assert isinstance(session, PostgresqlSession)
        with suppress(CannotJudge):
            session._run([(attempt.sql, None)])
        with suppress(CannotJudge):
            session._run([("DELETE FROM invoice", None)])
        assert postgresql_target.state() == before
    assert postgresql_target.state() == before


@pytest.mark.parametrize("attempt", [a for a in POSTGRESQL if a.sql.split()[0] in ("SELECT", "WITH")], ids=named)
def test_postgresql_sample_refuses_what_query_refuses(attempt: Attempt, postgresql_target: Target) -> None:
    before = postgresql_target.state()
    with postgresql_target.open() as session, pytest.raises(NotReadable):
        session.sample(attempt.sql, 5)
    assert postgresql_target.state() == before


@pytest.mark.parametrize("attempt", SQLITE, ids=named)
def test_sqlite_session_refuses(
    attempt: Attempt, sqlite_target: Target, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    before = sqlite_target.state()
    with sqlite_target.open() as session:
        with pytest.raises(NotReadable):
            session.query(attempt.sql)
        with pytest.raises(NotReadable):
            session.sample(attempt.sql, 5)
        assert session.scalar("SELECT count(*) FROM invoice") == 3
        session.verify()
    assert sqlite_target.state() == before
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("attempt", SQLITE, ids=named)
def test_sqlite_itself_holds_what_the_driver_is_told_directly(
    attempt: Attempt, sqlite_target: Target, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    before = sqlite_target.state()
    with sqlite_target.open() as session:
        assert isinstance(session, SqliteSession)
        with pytest.raises(Exception, match=r"."):
            session._connection.execute(attempt.sql).fetchall()
        session.verify()
    assert sqlite_target.state() == before
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("target", PRODUCTS, indirect=True)
def test_a_whole_honest_session_leaves_no_trace(target: Target) -> None:
    before = target.state()
    with target.open() as session:
        target.backend.read_catalog(session)
        target.backend.read_statistics(session)
        session.sample("SELECT * FROM invoice", 2)
        session.round_trip_ms()
        session.verify()
    assert target.state() == before
