"""A database with roles of its own; a project with an audit trail, as the tests of `dbops audit` have it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from tests.audit.conftest import audited, dialect, project
from tests.checks.privacy.asked import SCHEMA, Books
from tests.checks.privacy.trials import Shop, make_shop
from tests.fix_postgres import ScratchDatabase

__all__ = ["audited", "books", "dialect", "project", "shop"]


@pytest.fixture
def books(postgres_database: ScratchDatabase) -> Iterator[Books]:
    """Tables, a view, a sequence and a function of a plain owner; and two roles without any right."""
    books = Books(postgres_database)
    with closing(psycopg.connect(postgres_database.url, autocommit=True)) as connection:
        for statement in SCHEMA:
            connection.execute(statement.encode())
    books.run("CREATE ROLE APP LOGIN", "CREATE ROLE CLERK")
    yield books
    books.run("DROP OWNED BY APP, CLERK CASCADE", "DROP ROLE APP, CLERK")


@pytest.fixture
def shop(postgres_database: ScratchDatabase) -> Iterator[Shop]:
    """A database for trials of tenants, and the role that plays the application's."""
    shop = make_shop(postgres_database)
    yield shop
    shop.run(f"DROP OWNED BY {shop.role}", f"DROP ROLE {shop.role}")
