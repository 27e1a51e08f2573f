"""The guard of SQLite: whatever goes through SQLAlchemy sees and writes the rows of one tenant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import NullPool

from pytest_dbops import TenantGuard, lift_guard, name_tenant
from pytest_dbops.core.errors import PolicyRefused, UsageError


class Base(DeclarativeBase):
    """Root of the models."""


class Invoice(Base):
    """A bill of one firm."""

    __tablename__ = "invoice"
    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True)
    gross: Mapped[int]


class Template(Base):
    """A text of one firm, or of all."""

    __tablename__ = "template"
    id: Mapped[int] = mapped_column(primary_key=True)
    org_id: Mapped[int | None]


class Country(Base):
    """Belongs to nobody."""

    __tablename__ = "country"
    code: Mapped[str] = mapped_column(primary_key=True)


def guarded(engine: Engine) -> TenantGuard:
    return TenantGuard(engine, column="org_id", shared=("template",))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A guarded engine on rows of two firms."""
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE VIEW big AS SELECT * FROM invoice WHERE gross > 15"))
        connection.execute(text("CREATE VIEW bigger (number) AS SELECT b.id FROM big AS b WHERE b.gross > 25"))
        connection.execute(text("INSERT INTO country VALUES ('AT')"))
        connection.execute(text("INSERT INTO template VALUES (1, NULL), (2, 1), (3, 2)"))
        connection.execute(text("INSERT INTO invoice VALUES (1, 1, 10), (1, 2, 20), (2, 1, 30), (2, 2, 40)"))
    guarded(engine)
    yield engine
    engine.dispose()


def answer(engine: Engine, tenant: int | None, sql: str) -> Any:
    """Return the rows of a statement, or how many it touched; nothing of it stays."""
    with engine.connect() as connection:
        if tenant is not None:
            name_tenant(connection, tenant)
        result = connection.execute(text(sql))
        return [tuple(row) for row in result] if result.returns_rows else result.rowcount


READING = {
    "SELECT id FROM invoice ORDER BY id": [(1,), (2,)],
    'SELECT i.id FROM "invoice" AS i JOIN invoice j ON i.id = j.id ORDER BY 1': [(1,), (2,)],
    "SELECT gross FROM Invoice WHERE id = 1": [(10,)],
    "WITH x AS (SELECT * FROM invoice) SELECT sum(gross) FROM x": [(30,)],
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2) SELECT count(*) FROM n, invoice":
        [(4,)],
    "SELECT count(*) FROM (SELECT 1 FROM invoice UNION ALL SELECT 1 FROM invoice)": [(4,)],
    "-- a comment\nSELECT /* of */ count(*) FROM invoice": [(2,)],
    "SELECT count(*) FROM 'invoice'": [(2,)],
    "SELECT id FROM big": [(2,)],
    "SELECT number FROM bigger": [],
    "SELECT id FROM template ORDER BY id": [(1,), (2,)],
    "SELECT code FROM country": [("AT",)],
    "SELECT 'invoice' AS word": [("invoice",)],
    "VALUES ((SELECT count(*) FROM invoice))": [(2,)],
}  # fmt: skip


@pytest.mark.parametrize("sql", READING)
def test_reading_sees_own_rows_only(engine: Engine, sql: str) -> None:
    assert answer(engine, 1, sql) == READING[sql]


UNNAMED = [sql for sql in READING if "invoice" in sql and "count" not in sql and "sum" not in sql and "word" not in sql]


@pytest.mark.parametrize("sql", UNNAMED)
def test_reading_without_a_tenant_sees_nothing(engine: Engine, sql: str) -> None:
    assert answer(engine, None, sql) == []


WRITING = {
    "UPDATE invoice SET gross = gross + 1": 2,
    "UPDATE invoice SET gross = (SELECT sum(gross) FROM invoice)": 2,
    "UPDATE invoice SET gross = 1 WHERE id IN (WITH m AS (SELECT max(id) AS id FROM invoice) SELECT id FROM m)": 1,
    "UPDATE invoice SET gross = 0 WHERE gross > 25": 0,
    "DELETE FROM invoice": 2,
    "DELETE FROM invoice WHERE EXISTS (SELECT 1 FROM invoice AS other WHERE other.gross > 25)": 0,
    "DELETE FROM template": 1,
    "INSERT INTO invoice VALUES (1, 3, 5)": 1,
    "INSERT INTO invoice SELECT 1, id + 10, gross FROM invoice": 2,
    "INSERT INTO invoice VALUES (1, 1, 5) ON CONFLICT DO UPDATE SET gross = (SELECT max(gross) FROM invoice)": 1,
    "INSERT INTO country SELECT 'x' || count(*) FROM invoice": 1,
}  # fmt: skip


@pytest.mark.parametrize("sql", WRITING)
def test_writing_touches_own_rows_only(engine: Engine, sql: str) -> None:
    assert answer(engine, 1, sql) == WRITING[sql]


def test_what_is_returned_and_what_is_stored_is_of_own_rows(engine: Engine) -> None:
    assert answer(engine, 1, "UPDATE invoice SET gross = (SELECT sum(gross) FROM invoice) RETURNING id, gross") == [
        (1, 30), (2, 30)
    ]  # fmt: skip
    assert answer(engine, 2, "DELETE FROM invoice RETURNING org_id") == [(2,), (2,)]


HIGHEST = {
    "INSERT INTO invoice VALUES (1, 9, (SELECT max(gross) FROM invoice)) RETURNING gross": [(20,)],
    "INSERT INTO invoice VALUES (1, 8, 0), (1, 9, 1 + (SELECT max(gross) FROM invoice)) RETURNING gross": [(0,), (21,)],
    "INSERT INTO invoice SELECT 1, 9, (SELECT max(gross) FROM invoice) RETURNING gross": [(20,)],
    "INSERT INTO invoice SELECT 1, 9, 1 UNION ALL SELECT 1, 8, max(gross) FROM invoice RETURNING gross": [(1,), (20,)],
    "INSERT INTO invoice VALUES (1, 1, 0) ON CONFLICT DO UPDATE SET gross = (SELECT max(gross) FROM invoice)"
    " RETURNING gross": [(20,)],
    "INSERT INTO invoice VALUES (1, 9, 1) RETURNING (SELECT max(gross) FROM invoice)": [(20,)],
    "UPDATE invoice SET gross = CASE WHEN id = 1 THEN (SELECT max(gross) FROM invoice) ELSE 0 END RETURNING gross":
        [(20,), (0,)],
    "WITH top AS (SELECT max(gross) AS gross FROM invoice) INSERT INTO invoice SELECT 1, 9, gross FROM top"
    " RETURNING gross": [(20,)],
    "DELETE FROM invoice WHERE gross = (SELECT max(gross) FROM invoice) RETURNING gross": [(20,)],
}  # fmt: skip


@pytest.mark.parametrize("sql", HIGHEST)
def test_no_query_inside_a_writing_statement_reads_rows_of_others(engine: Engine, sql: str) -> None:
    assert answer(engine, 1, sql) == HIGHEST[sql]


@pytest.mark.parametrize("tenant", [None, 1])
@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO invoice VALUES (2, 9, 9)",
        "INSERT INTO template VALUES (9, NULL)",
        "INSERT INTO template VALUES (9, 2)",
    ],
)
def test_row_for_another_tenant_is_refused(engine: Engine, tenant: int | None, sql: str) -> None:
    with pytest.raises(IntegrityError, match="not of the tenant at work"):
        answer(engine, tenant, sql)


def test_row_cannot_be_handed_to_another_tenant(engine: Engine) -> None:
    with pytest.raises(IntegrityError, match="not of the tenant at work"):
        answer(engine, 1, "UPDATE invoice SET org_id = 2")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM main.invoice",
        'SELECT * FROM "main"."invoice"',
        "SELECT * FROM (WITH invoice AS (SELECT * FROM main.invoice) SELECT * FROM invoice)",
        "REPLACE INTO invoice VALUES (1, 1, 1)",
        "INSERT OR REPLACE INTO invoice VALUES (1, 1, 1)",
        "UPDATE country SET code = invoice.id FROM invoice",
        "DELETE FROM country WHERE code IN invoice",
        "DROP TABLE invoice",
        "CREATE TABLE loot AS SELECT * FROM invoice",
        "ALTER TABLE invoice RENAME TO bill",
        "ATTACH ':memory:' AS other",
        "DROP TRIGGER dbops_tenant_invoice_delete",
        "SELECT dbops_tenant_at_work()",
    ],
)  # fmt: skip
def test_statement_that_would_pass_by_the_guard_is_refused_in_one_line(engine: Engine, sql: str) -> None:
    with pytest.raises(PolicyRefused) as refused:
        answer(engine, 1, sql)
    assert "\n" not in str(refused.value)


def test_models_are_read_and_written_as_without_a_guard(engine: Engine) -> None:
    with Session(engine) as session:
        name_tenant(session, 1)
        session.add(Invoice(org_id=1, id=7, gross=70))
        first = session.get_one(Invoice, (1, 1))
        first.gross = 11
        session.flush()
        session.delete(session.get_one(Invoice, (1, 2)))
        session.commit()
        name_tenant(session, 1)
        assert [(each.id, each.gross) for each in session.scalars(select(Invoice).order_by(Invoice.id))] == [
            (1, 11), (7, 70)
        ]  # fmt: skip
        assert session.get(Invoice, (2, 1)) is None
        assert session.scalar(select(func.count()).select_from(Invoice)) == 2


def test_core_statements_are_guarded(engine: Engine) -> None:
    with engine.begin() as connection:
        name_tenant(connection, 2)
        assert connection.execute(update(Invoice).values(gross=1)).rowcount == 2
        with pytest.raises(IntegrityError):
            connection.execute(
                insert(Invoice), [{"org_id": 1, "id": 8, "gross": 1}, {"org_id": 2, "id": 8, "gross": 1}]
            )


def test_the_end_of_a_transaction_takes_the_tenant_back(engine: Engine) -> None:
    with engine.connect() as connection:
        name_tenant(connection, 1)
        connection.commit()
        assert connection.scalar(text("SELECT count(*) FROM invoice")) == 0
        connection.rollback()
        name_tenant(connection, 2)
        assert connection.scalar(text("SELECT min(gross) FROM invoice")) == 30


def test_another_tenant_in_one_transaction_is_refused(engine: Engine) -> None:
    with engine.connect() as connection:
        name_tenant(connection, 1)
        name_tenant(connection, 1)
        with pytest.raises(UsageError, match="works for tenant 1; end it before it works for 2"):
            name_tenant(connection, 2)


def test_virtual_table_is_read_through_the_guard_and_not_written(engine: Engine) -> None:
    with engine.begin() as connection, lift_guard(connection):
        connection.execute(text("CREATE VIRTUAL TABLE search USING fts5(org_id, body)"))
        connection.execute(text("INSERT INTO search VALUES (1, 'one'), (2, 'two')"))
    assert answer(engine, 1, "SELECT body FROM search") == [("one",)]
    with pytest.raises(PolicyRefused, match="takes no triggers"):
        answer(engine, 1, "DELETE FROM search")


def test_lifted_guard_sees_and_writes_all(engine: Engine) -> None:
    with engine.connect() as connection:
        with lift_guard(connection):
            assert connection.scalar(text("SELECT count(*) FROM invoice")) == 4
            connection.execute(text("CREATE TABLE payment (org_id integer NOT NULL, id integer)"))
            connection.execute(text("INSERT INTO payment VALUES (1, 1), (2, 2)"))
        connection.commit()
    assert answer(engine, 1, "SELECT * FROM payment") == [(1, 1)]
    with pytest.raises(IntegrityError):
        answer(engine, 1, "INSERT INTO payment VALUES (2, 3)")


def test_triggers_that_a_rollback_took_away_are_back(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A project that begins transactions itself makes them inside of one."""
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    request.addfinalizer(engine.dispose)
    event.listen(engine, "connect", lambda driver, record: setattr(driver, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    Base.metadata.create_all(engine)
    guarded(engine)
    for _ in range(2):
        with engine.connect() as connection, pytest.raises(IntegrityError):
            name_tenant(connection, 1)
            connection.execute(text("INSERT INTO invoice VALUES (2, 1, 1)"))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda engine: TenantGuard(engine, column="org_id"), "guarded already"),
        (lambda engine: TenantGuard(create_engine("sqlite://"), column=""), "needs the name of the column"),
        (lambda engine: named(create_engine("sqlite://", poolclass=NullPool), 1), "has no guard of tenants"),
        (lambda engine: named(engine, None), "no tenant is named"),
    ],
)
def test_wrong_use_is_told_in_one_line(engine: Engine, make: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told) as raised:
        make(engine)
    assert "\n" not in str(raised.value)


def named(engine: Engine, tenant: int | None) -> None:
    with engine.connect() as connection:
        name_tenant(connection, tenant)


def test_the_same_words_name_the_tenant_on_postgresql(postgres_database: Any) -> None:
    engine = create_engine(postgres_database.url.replace("postgresql://", "postgresql+psycopg://", 1))
    TenantGuard(engine, column="org_id", setting="app.org_id")
    with Session(engine) as session:
        name_tenant(session, 7)
        assert session.scalar(text("SELECT current_setting('app.org_id')")) == "7"
        session.commit()
        assert session.scalar(text("SELECT current_setting('app.org_id', true)")) == ""
    engine.dispose()
