"""Schemas of real applications: nearly every table filled, the rest named with the server's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jupyterhub.orm import Base as jupyterhub_models
from optuna.storages._rdb.models import BaseModel as optuna_models
from sqlalchemy import MetaData, create_engine, pool

from pytest_dbops.core.rehearsed import Coverage
from pytest_dbops.migrating.filling import fill
from tests.application.history import upgrade
from tests.migrations.filling.places import Place, postgresql_place, sqlite_place

MODELS = {"optuna": optuna_models.metadata, "jupyterhub": jupyterhub_models.metadata}
PRODUCTS = ("postgresql", "sqlite")


@pytest.fixture
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Callable[[], Place]]]:
    """An empty database by its SQLAlchemy URL, and how to open it afterwards."""
    if request.param == "sqlite":
        file = tmp_path / "application.db"
        yield f"sqlite:///{file}", lambda: sqlite_place(file)
        return
    database = request.getfixturevalue("postgres_database")
    yield database.url.replace("postgresql:", "postgresql+psycopg:"), lambda: postgresql_place(database.url)


def create(url: str, metadata: MetaData) -> None:
    engine = create_engine(url, poolclass=pool.NullPool)
    metadata.create_all(engine)
    engine.dispose()


def reasons(coverage: Coverage) -> dict[str, str]:
    return {table.table: table.reason for table in coverage.unfilled}


@pytest.mark.parametrize("home", PRODUCTS, indirect=True)
@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_table_of_a_published_application_is_filled(home: tuple[str, Callable[[], Place]], name: str) -> None:
    url, opened = home
    create(url, MODELS[name])
    with opened() as place:
        coverage = fill(place.ground, place.catalog())
    assert reasons(coverage) == {}
    assert {table.table: table.refused for table in coverage.tables if table.refused} == {}


@pytest.mark.parametrize("home", PRODUCTS, indirect=True)
def test_reference_application_is_filled_but_for_books_that_have_to_balance(
    home: tuple[str, Callable[[], Place]], request: pytest.FixtureRequest
) -> None:
    url, opened = home
    upgrade(url)
    with opened() as place:
        before = place.catalog()
        coverage = fill(place.ground, before)
        assert place.catalog() == before
    assert len(coverage.tables) == 36
    assert set(reasons(coverage)) <= {"journal_line"}
    assert all("off balance" in reason for reason in reasons(coverage).values())


@pytest.mark.parametrize("home", PRODUCTS, indirect=True)
def test_filling_twice_adds_to_what_is_there(home: tuple[str, Callable[[], Place]]) -> None:
    url, opened = home
    create(url, MODELS["optuna"])
    with opened() as place:
        catalog = place.catalog()
        first = fill(place.ground, catalog)
        second = fill(place.ground, catalog)
    assert [table.present for table in second.tables] == [table.rows for table in first.tables]
    assert [table.table for table in second.tables if table.rows < 3] == ["version_info"]  # its key has to be 1
