"""Schemas of real applications: what is found in them is true, and nothing else is found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import MetaData, create_engine
from sqlalchemy.pool import NullPool

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.severity import Severity
from tests.application.history import seed, upgrade
from tests.cases.asking import Question, ask
from tests.fix_postgres import OWNER, ScratchDatabase

CHECKS = [check for check in builtin_checks() if check.category == "schema" and check.settings.get("enabled", True)]


def results(dialect: str, url: str, *, kind: str = "staging") -> Iterator[CheckResult]:
    questions = (Question(check, dialect, kind=kind, clock=datetime.now(UTC)) for check in CHECKS)
    return (ask(question, url) for question in questions if dialect in question.check.backends)


def subjects(dialect: str, url: str) -> dict[str, set[str]]:
    """Return what is found, by code, down to notes."""
    found = {result.code: {finding.subject for finding in result.findings} for result in results(dialect, url)}
    return {code: names for code, names in found.items() if names}


def create_all(metadata: MetaData, url: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    metadata.create_all(engine)


@pytest.fixture
def closed_database(postgres_database: ScratchDatabase) -> ScratchDatabase:
    """A database in which not everyone may create, as since PostgreSQL 15."""
    with psycopg.connect(postgres_database.superuser_url, autocommit=True) as connection:
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        connection.execute(f"GRANT CREATE ON SCHEMA public TO {OWNER}".encode())
    return postgres_database


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """An empty database, as its dialect and URL; the login passes row-level security by."""
    if request.param == "sqlite":
        return "sqlite", f"sqlite:///{tmp_path}/real.db"
    database: ScratchDatabase = request.getfixturevalue("closed_database")
    return "postgresql", database.superuser_url


def test_accounting_with_its_rows_has_nothing_to_mend(target: tuple[str, str]) -> None:
    dialect, url = target
    upgrade(url)
    seed(url)
    judged = list(results(dialect, url))
    worst = [f for result in judged for f in result.findings if (f.severity or Severity.INFO) > Severity.INFO]
    assert ({result.outcome for result in judged}, worst) == ({Outcome.PASSED}, [])


def test_optuna_on_sqlite_gets_notes_only(tmp_path: Path) -> None:
    models = pytest.importorskip("optuna.storages._rdb.models", reason="optuna is not installed")
    url = f"sqlite:///{tmp_path}/optuna.db"
    create_all(models.BaseModel.metadata, url)
    assert subjects("sqlite", url) == {"SCH009": {"pragma.foreign_keys"}, "SCH015": {"main"}}


def test_optuna_on_postgresql_keeps_moments_without_a_time_zone(closed_database: ScratchDatabase) -> None:
    models = pytest.importorskip("optuna.storages._rdb.models", reason="optuna is not installed")
    create_all(models.BaseModel.metadata, closed_database.url)
    found = subjects("postgresql", closed_database.url)
    assert found == {"SCH015": {"trial_heartbeats.heartbeat", "trials.datetime_complete", "trials.datetime_start"}}


def test_jupyterhub_has_foreign_keys_without_index_and_moments_without_time_zone(
    closed_database: ScratchDatabase,
) -> None:
    orm = pytest.importorskip("jupyterhub.orm", reason="jupyterhub is not installed")
    create_all(orm.Base.metadata, closed_database.url)
    found = subjects("postgresql", closed_database.url)
    unindexed, moments = found.pop("SCH004"), found.pop("SCH015")
    assert {"user_role_map.role_id", "spawners.user_id", "api_tokens.user_id"} <= unindexed
    assert {"users.created", "users.last_activity", "api_tokens.expires_at"} <= moments
    assert found == {"SCH025": {"oauth_clients.secret"}, "SCH026": {"services.user"}}
