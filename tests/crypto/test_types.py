"""The column types: what goes in comes out, the database sees envelopes, what cannot hold is refused in one line."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from sqlalchemy import Column, Engine, LargeBinary, MetaData, Table, column, insert, literal, select, table
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from pytest_dbops import BlindIndex, EncryptedBytes, EncryptedJSON, EncryptedText, in_tenant, use_keyring
from pytest_dbops.core.encryption import BoundAs, BoundColumn, Content, IndexColumn
from pytest_dbops.core.errors import ConfigError, FieldError
from pytest_dbops.crypto.current import current_keyring
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.crypto.models import encrypted_columns
from tests.crypto.rings import key, ring
from tests.crypto.shop import USERS, Base, Customer, User

SETTINGS = {"näme": ["x", 1, None, {"deep": True}], "b": 1.5}
SECRET = b"\0\xff" * 8
"""Too long to stand in an envelope by chance."""
RAW = table("app_user", *(column(name, LargeBinary) for name in ("email", "settings", "secret")))


def user(number: int = 1, **more: Any) -> User:
    return User(id=number, email=f"u{number}@example.com", **more)


def test_values_come_back_and_the_database_sees_none_of_them(shop: Engine) -> None:
    with Session(shop) as session:
        session.add(user(settings=SETTINGS, secret=SECRET))
        session.commit()
        found = session.scalars(select(User)).one()
        assert (found.email, found.settings, found.secret) == ("u1@example.com", SETTINGS, SECRET)
    with shop.connect() as connection:
        stored = connection.execute(select(RAW)).one()
    assert all(each[:2] == b"\xdb\x11" for each in stored)
    assert not any(word in each for each in stored for word in (b"example", b"deep", SECRET))


def test_null_stays_null(shop: Engine) -> None:
    with Session(shop) as session:
        session.add(user())
        session.commit()
        assert session.execute(select(User.settings, User.secret)).one() == (None, None)
        assert session.scalars(select(User.id).where(User.settings.is_(None), User.secret == None)).all() == [1]  # noqa: E711


@pytest.mark.parametrize("value", ["", "a", "\0", "😀" * 1000, "Û\x11"])
def test_any_text_comes_back(shop: Engine, value: str) -> None:
    with shop.begin() as connection:
        connection.execute(insert(USERS), [{"id": 1, "email": value, "email_bidx": value}])
        assert connection.scalar(select(USERS.c.email)) == value


def test_equality_goes_to_the_blind_index(shop: Engine) -> None:
    with Session(shop) as session:
        session.add_all(user(number) for number in range(1, 5))
        session.commit()
        assert session.scalars(select(User.id).where(User.email == "  U3@EXAMPLE.com")).all() == [3]
        unequal = select(User.id).where(User.email != "u3@example.com").order_by(User.id)
        assert session.scalars(unequal).all() == [1, 2, 4]
        wanted = User.email.in_(["u1@example.com", "u4@example.com", "nobody@example.com"])
        assert session.scalars(select(User.id).where(wanted).order_by(User.id)).all() == [1, 4]
        other = aliased(User)
        assert len(session.execute(select(User.id, other.id).where(User.email == other.email)).all()) == 4


def test_unique_index_means_unique_plaintext(shop: Engine) -> None:
    with Session(shop) as session:
        session.add(user())
        session.commit()
        session.add(User(id=2, email="U1@example.com"))
        with pytest.raises(IntegrityError):
            session.commit()


def test_index_follows_its_value(shop: Engine) -> None:
    with Session(shop) as session:
        one = user()
        session.add(one)
        session.commit()
        one.email = "new@example.com"
        session.commit()
        assert session.scalars(select(User.id).where(User.email == "new@example.com")).all() == [1]
        assert session.scalars(select(User.id).where(User.email == "u1@example.com")).all() == []


@pytest.mark.parametrize(
    "compare",
    [
        lambda: User.email.like("x%"),
        lambda: User.email < "x",
        lambda: User.email.contains("x"),
        lambda: User.email.desc(),
        lambda: User.email + "x",
        lambda: User.email.between("a", "b"),
    ],
    ids=["like", "less", "contains", "order", "concatenation", "between"],
)
def test_comparison_that_ciphertext_cannot_answer_is_refused(compare: Any) -> None:
    with pytest.raises(FieldError, match=r"^app_user.email is encrypted: its values have no order and no parts that"):
        compare()


def test_equality_without_an_index_is_refused_with_advice() -> None:
    with pytest.raises(FieldError, match=r"^app_user.secret is encrypted: .* \(add a column of type BlindIndex"):
        _ = User.secret == b"x"
    with pytest.raises(FieldError, match="it can be compared with a value, or with itself in another row"):
        _ = User.email == Customer.email_bidx
    with pytest.raises(FieldError, match="it can be compared with a value, or with itself in another row"):
        User.email.in_(select(User.email))


def test_index_with_a_tenant_asks_for_it(shop: Engine) -> None:
    with Session(shop) as session:
        with pytest.raises(FieldError, match=r"holds the tenant \(compare with in_tenant\(tenant, value\)\)"):
            session.scalars(select(Customer.id).where(Customer.email == "a@example.com")).all()
        with pytest.raises(FieldError, match="holds no tenant; compare with the value alone"):
            session.scalars(select(User.id).where(User.email == in_tenant(1, "a@example.com"))).all()


def test_wrong_kind_of_value_is_refused_without_showing_it(shop: Engine) -> None:
    for values in ({"email": 47114711}, {"secret": "hidden-words"}, {"settings": {"x": object()}}):
        with shop.begin() as connection, pytest.raises(FieldError) as refused:
            connection.execute(insert(USERS), [{"id": 1, "email": "a", "email_bidx": "a", **values}])
        assert "\n" not in str(refused.value)
        assert not any(word in str(refused.value) for word in ("47114711", "hidden-words", "object at"))


def test_plaintext_under_a_type_is_refused_when_it_is_read(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(insert(USERS), [{"id": 1, "email": "a", "email_bidx": "a"}])
        connection.execute(RAW.update().values(email=b"hidden-words"))
        with pytest.raises(FieldError, match=r"^a field of app_user.email cannot be opened: it does not begin as an"):
            connection.execute(select(USERS.c.email)).all()


def test_field_on_a_key_that_is_not_there_names_the_key(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(insert(USERS), [{"id": 1, "email": "a", "email_bidx": "a"}])
        use_keyring(ring(key("another")))
        with pytest.raises(FieldError, match=f"sealed by key {key('new').record.id}, which the keyring does not have"):
            connection.execute(select(USERS.c.email)).all()


def test_retired_key_opens_and_does_not_seal(shop: Engine, keyring: Keyring) -> None:
    use_keyring(ring(key("old")))
    with shop.begin() as connection:
        connection.execute(insert(USERS), [{"id": 1, "email": "old@example.com", "email_bidx": "a"}])
        use_keyring(keyring)
        assert connection.scalar(select(USERS.c.email)) == "old@example.com"
        connection.execute(USERS.update().values(email="new@example.com"))
        assert connection.scalar(select(RAW.c.email))[2:6] == key("new").raw_id


def test_column_that_is_too_short_is_refused() -> None:
    with pytest.raises(ConfigError, match="a column of 38 bytes is too short; an envelope has 38 bytes around"):
        EncryptedText(length=38)


def test_envelope_that_its_column_would_cut_is_refused(keyring: Keyring) -> None:
    kind = Table("note", MetaData(), Column("text", EncryptedText(length=48))).c.text.type
    bind = kind.bind_processor(_dialect())
    assert bind is not None
    assert len(bind("0123456789")) == 48
    with pytest.raises(FieldError, match=r"a field of note\.text needs 49 bytes; its column holds 48"):
        bind("0123456789x")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: EncryptedText(place="email"), "place is 'email'; write it as in 'customer.email'"),
        (lambda: BlindIndex("email", bits=12), "bits is 12; a multiple of 8 from 32 to 256"),
        (lambda: BlindIndex("email", normalise="mail"), "normalise is 'mail'; one of exact, text, email, digits"),
        (lambda: EncryptedText(bind=("org_id", "")), "bind names two columns"),
    ],
)
def test_type_that_makes_no_sense_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        make()
    assert message in str(refused.value)


def test_short_index_of_a_unique_column_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"is unique; BlindIndex\('email', bits=64\) needs 128 bits"):
        Table("t", MetaData(), Column("email", EncryptedText()), Column("i", BlindIndex("email", bits=64), unique=True))


def test_one_type_for_two_columns_is_refused() -> None:
    shared = EncryptedText()
    with pytest.raises(ConfigError, match=r"one EncryptedText\(\) stands for t.a and t.b; write one for each column"):
        Table("t", MetaData(), Column("a", shared), Column("b", shared))


def test_type_of_no_column_is_refused(shop: Engine) -> None:
    with shop.connect() as connection, pytest.raises(FieldError, match="belongs to no column of a table"):
        connection.execute(select(literal("x", EncryptedText())))


def test_renamed_column_keeps_its_place(keyring: Keyring) -> None:
    before, after = MetaData(), MetaData()
    old = Table("person", before, Column("mail", EncryptedText())).c.mail
    new = Table("people", after, Column("email", EncryptedText(place="person.mail"))).c.email
    bind, result = old.type.bind_processor(_dialect()), new.type.result_processor(_dialect(), None)
    assert bind is not None
    assert result is not None
    assert result(bind("x")) == "x"


def test_copy_of_a_table_is_sealed_for_its_own_name(keyring: Keyring) -> None:
    source = Table("person", MetaData(), Column("mail", EncryptedText()))
    assert source.to_metadata(MetaData(), name="archive").c.mail.type.place == "archive.mail"
    assert source.c.mail.type.place == "person.mail"


def test_types_are_named_by_the_public_module_and_survive_a_pickle() -> None:
    for kind in (EncryptedText(place="a.b"), EncryptedJSON(), EncryptedBytes(), BlindIndex("x", tenant="org_id")):
        assert type(kind).__module__ == "pytest_dbops"
        assert repr(pickle.loads(pickle.dumps(kind))) == repr(kind)
    assert repr(EncryptedText(place="a.b")) == "EncryptedText(place='a.b')"
    assert repr(BlindIndex("x", tenant="org_id")) == "BlindIndex('x', tenant='org_id')"


def test_models_tell_their_encrypted_columns() -> None:
    found = {each.name: each for each in encrypted_columns(Base.metadata)}
    assert list(found) == [
        "app_user.email", "app_user.settings", "app_user.secret", "customer.email", "customer.iban_sealed",
    ]  # fmt: skip
    email = found["customer.email"]
    assert (email.content, email.is_required, email.primary_key) == (Content.TEXT, False, ("org_id", "id"))
    bound = BoundColumn("org_id", BoundAs.NUMBER)
    assert email.bind == (bound, BoundColumn("public_id", BoundAs.UUID))
    assert email.index == IndexColumn("email_bidx", "email", 16, False, bound)
    assert found["customer.iban_sealed"].place == ("customer", "iban")
    assert found["app_user.email"].index == IndexColumn(
        "email_bidx", "email", 16, True, None, unique_on=("email_bidx",)
    )


def test_without_a_keyring_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ENCRYPTION_KEY", raising=False)
    monkeypatch.delenv("DBOPS_ENV", raising=False)
    use_keyring(None)
    with pytest.raises(Exception, match=r"has no keys \(add \[\[key\]\] to dbops.toml, or set ENCRYPTION_KEY\)"):
        current_keyring()


def _dialect() -> Any:
    from sqlalchemy.dialects.sqlite import pysqlite

    return pysqlite.dialect()
