"""The row profile: sealed for a row when it is flushed or prepared, opened in that row alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Column, Engine, Identity, Integer, MetaData, Table, Text, Uuid, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, configure_mappers, mapped_column

from pytest_dbops import EncryptedText, decrypt_rows, encrypt_rows, encrypted, in_tenant
from pytest_dbops.core.errors import ConfigError, FieldError
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.crypto.models import encrypted_columns
from pytest_dbops.crypto.seal import Sealed
from pytest_dbops.seeding.fingerprint import content_fingerprint
from tests.crypto.rings import key, ring
from tests.crypto.shop import CUSTOMERS, Customer

ROW: dict[str, Any] = {"org_id": 7, "id": 1, "public_id": UUID(int=1), "email": "a@example.com", "iban_sealed": None}


def test_attribute_is_the_value_before_and_after_it_is_stored(shop: Engine) -> None:
    with Session(shop) as session:
        one = Customer(org_id=1, id=1, email="a@example.com", iban="DE02")
        assert (one.email, one.iban) == ("a@example.com", "DE02")
        session.add(one)
        session.flush()
        assert (one.email, one.iban) == ("a@example.com", "DE02")
        session.commit()
        found = session.scalars(select(Customer)).one()
        assert (found.email, found.iban) == ("a@example.com", "DE02")
        found.iban = None
        session.commit()
        assert found.iban is None


def test_row_is_found_by_its_index_within_its_tenant(shop: Engine) -> None:
    with Session(shop) as session:
        session.add_all(Customer(org_id=org, id=1, email="a@example.com") for org in (1, 2))
        session.commit()
        wanted = Customer.email == in_tenant(2, "A@example.com ")
        assert session.scalars(select(Customer.org_id).where(wanted)).all() == [2]
        indexes = session.scalars(select(Customer.email_bidx)).all()
        assert len(set(indexes)) == 2


def test_envelope_of_another_row_does_not_open(shop: Engine) -> None:
    with Session(shop) as session:
        session.add_all(Customer(org_id=1, id=number, email=f"c{number}@example.com") for number in (1, 2))
        session.commit()
        first = select(CUSTOMERS.c.email).where(CUSTOMERS.c.id == 1).scalar_subquery()
        session.execute(update(CUSTOMERS).where(CUSTOMERS.c.id == 2).values(email=first))
        session.commit()
        moved = session.get(Customer, (1, 2))
        assert moved is not None
        with pytest.raises(
            FieldError, match=r"a field of customer\.email does not open: it was changed, or sealed for"
        ):
            _ = moved.email


def test_row_that_changes_its_id_or_tenant_is_refused(shop: Engine) -> None:
    with Session(shop) as session:
        session.add(Customer(org_id=1, id=1, email="a@example.com"))
        session.commit()
        one = session.scalars(select(Customer)).one()
        one.public_id = uuid4()
        with pytest.raises(FieldError, match=r"customer\.public_id of a stored row was changed; its encrypted fields"):
            session.commit()


def test_id_is_made_by_its_default_before_anything_is_sealed(shop: Engine) -> None:
    with Session(shop) as session:
        one = Customer(org_id=1, id=1, email="a@example.com")
        session.add(one)
        session.flush()
        assert isinstance(one.public_id, UUID)


def test_column_type_refuses_a_value_whose_row_it_does_not_see(shop: Engine) -> None:
    with (
        shop.begin() as connection,
        pytest.raises(FieldError, match=r"seal the rows by pytest_dbops\.encrypt_rows") as no,
    ):
        connection.execute(insert(CUSTOMERS), [{**ROW, "email": "hidden-words@example.com"}])
    assert "hidden-words" not in str(no.value)


def test_prepared_rows_go_through_core_and_come_back(shop: Engine) -> None:
    rows = list(encrypt_rows(Customer, [{**ROW, "iban_sealed": "DE02"}, {**ROW, "id": 2, "public_id": UUID(int=2)}]))
    assert all(isinstance(row["email"], Sealed) and len(row["email_bidx"]) == 21 for row in rows)
    with shop.begin() as connection:
        connection.execute(insert(CUSTOMERS), rows)
        found = list(decrypt_rows(CUSTOMERS, connection.execute(select(CUSTOMERS)).mappings()))
    assert [(row["email"], row["iban_sealed"]) for row in found] == [("a@example.com", "DE02"), ("a@example.com", None)]


def test_prepared_rows_go_through_copy(shop: Engine) -> None:
    if shop.dialect.name != "postgresql":
        pytest.skip("COPY is PostgreSQL's")
    (row,) = encrypt_rows(Customer, [ROW])
    with shop.begin() as connection:
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY customer ({', '.join(row)}) FROM STDIN (FORMAT BINARY)") as copy:  # type: ignore[attr-defined]
            copy.set_types(["int4", "int4", "uuid", "bytea", "bytea", "bytea"])
            copy.write_row(list(row.values()))
    with Session(shop) as session:
        assert session.scalars(select(Customer)).one().email == "a@example.com"


def test_preparing_twice_changes_nothing(keyring: Keyring) -> None:
    once = list(encrypt_rows(Customer, [ROW]))
    assert [row["email"] for row in encrypt_rows(Customer, once)] == [once[0]["email"]]


def test_prepared_row_may_be_sealed_by_another_keyring(keyring: Keyring) -> None:
    (row,) = encrypt_rows(Customer, [ROW], keyring=ring(key("another")))
    assert row["email"][2:6] == key("another").raw_id


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"public_id": None}, "a row of customer has no public_id, which its encrypted fields are bound to"),
        ({"org_id": None}, "a row of customer has no org_id, which the blind index of 'email' holds"),
        ({"public_id": "hidden-words"}, "customer.public_id of a row is no uuid; its fields are bound to it"),
    ],
)
def test_row_without_what_it_is_bound_to_is_refused(keyring: Keyring, change: dict[str, Any], message: str) -> None:
    with pytest.raises(FieldError) as refused:
        list(encrypt_rows(Customer, [{**ROW, **change}]))
    assert str(refused.value) == message


BIND = ("org_id", "public_id")


@pytest.mark.parametrize(
    ("public_id", "message"),
    [
        (Column("other", Text), "its encrypted fields are bound to 'public_id', which is no column of it"),
        (Column("public_id", Uuid, unique=True), "t.public_id may be NULL; encrypted fields cannot be bound to it"),
        (Column("public_id", Uuid, nullable=False), "t.public_id is not unique; encrypted fields cannot be told apart"),
        (Column("public_id", Integer, Identity(), nullable=False, unique=True), "t.public_id is made by the"),
        (
            Column("public_id", Uuid, server_default="x", nullable=False, unique=True),
            "t.public_id is made by the server",
        ),
        (
            Column("public_id", Uuid, onupdate=uuid4, nullable=False, unique=True),
            "t.public_id changes with each update",
        ),
    ],
    ids=["no column", "null", "not unique", "identity", "server default", "onupdate"],
)
def test_id_that_cannot_be_relied_on_is_refused(public_id: Column[Any], message: str) -> None:
    metadata = MetaData()
    org = Column("org_id", Integer, primary_key=True)
    Table("t", metadata, org, public_id, Column("x", EncryptedText(bind=BIND)))
    with pytest.raises(ConfigError) as refused:
        encrypted_columns(metadata)
    assert message in str(refused.value)


def test_id_may_have_a_default_of_the_server_beside_the_one_of_the_client(keyring: Keyring) -> None:
    """Rows of a release that does not know the column get one there, and seal nothing."""
    public_id = Column("public_id", Uuid, default=uuid4, server_default="x", nullable=False, unique=True)
    metadata = MetaData()
    org = Column("org_id", Integer, primary_key=True)
    table = Table("t", metadata, org, public_id, Column("x", EncryptedText(bind=BIND)))
    assert [each.name for each in encrypted_columns(metadata)] == ["t.x"]
    with pytest.raises(FieldError, match="has no public_id"):
        list(encrypt_rows(table, [{"org_id": 1, "x": "told"}], keyring=keyring))


def test_class_with_such_an_id_is_refused_when_mappers_are_configured() -> None:
    class Apart(DeclarativeBase):
        pass

    class Bad(Apart):
        __tablename__ = "bad"
        org_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        public_id: Mapped[UUID]
        email = encrypted(EncryptedText(), bind=BIND)

    with pytest.raises(ConfigError, match=r"bad\.public_id is not unique"):
        configure_mappers()
    Bad.registry.dispose()


def test_mixin_gives_each_class_its_own_column(keyring: Keyring) -> None:
    class Apart(DeclarativeBase):
        pass

    class WithEmail:
        org_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        public_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
        email = encrypted(EncryptedText(), bind=BIND)

    class One(WithEmail, Apart):
        __tablename__ = "one"

    class Two(WithEmail, Apart):
        __tablename__ = "two"

    found = encrypted_columns(Apart.metadata)
    assert [each.place for each in found] == [("one", "email"), ("two", "email")]
    assert One.email is not Two.email
    Apart.registry.dispose()


def test_fingerprint_of_content_is_of_what_is_sealed_and_not_of_the_envelopes(shop: Engine) -> None:
    rows = [{**ROW, "public_id": UUID(int=2)}]
    prints = []
    for email in ("a@example.com", "a@example.com", "b@example.com"):
        with shop.begin() as connection:
            connection.execute(CUSTOMERS.delete())
            connection.execute(CUSTOMERS.insert(), list(encrypt_rows(CUSTOMERS, [{**rows[0], "email": email}])))
            prints.append(content_fingerprint(connection, CUSTOMERS.metadata, [CUSTOMERS.name]))
    assert prints[0] == prints[1] != prints[2]
