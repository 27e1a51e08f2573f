"""Blind indexes go to another key by a second column: written beside the first, filled, made unique, asked, alone."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, column, select, table, update
from sqlalchemy.orm import Session

from pytest_dbops import BlindIndex, EncryptedText, use_keyring
from pytest_dbops.core.encryption import KeyState
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.crypto.models import encrypted_columns
from tests.cli.followed import COMING, INDEX, follow, keyring, keys_of, programs_models, unique_indexes
from tests.cli.sealed import MODELS, Sealed, counts
from tests.cli.test_maintenance_plan import on_postgresql, on_sqlite

MANY = 30
USER = table("app_user", *(column(name) for name in ("id", "email_bidx", "email_bidx2")))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The models of a program that writes both columns."""
    return programs_models(monkeypatch)


@pytest.fixture
def shop(sealed: Sealed) -> Sealed:
    """A shop with a second, empty column beside each blind index, and a second key of indexes that waits."""
    sealed.fill(MANY)
    follow(sealed)
    return sealed


def test_index_moves_to_another_key_and_is_found_all_the_while(shop: Sealed, made: Any) -> None:
    answer = shop.dbops("keys", "retire", "index")
    assert (answer.code, answer.err) == (
        1, f"dbops: {MANY} rows of app_user.email have no blind index under 'coming' in email_bidx2, so that programs"
        " would not find them (run: dbops compliance rotate-key --new-key coming --purpose blind-index)\n",
    )  # fmt: skip
    use_keyring(keyring(KeyState.PRE_ACTIVE))
    with Session(shop.engine) as session:
        session.get(made.User, 1).email = "new@example.com"
        session.commit()
        assert session.scalar(select(made.User.id).where(made.User.email == "u2@example.com")) == 2
        assert session.scalar(select(made.User.id).where(made.User.email == "NEW@example.com")) == 1
    assert keys_of(shop, "app_user.email_bidx2") == {COMING}
    assert shop.dbops("rotate-key", "--new-key", "coming", "--dry-run").json["planned"][0]["todo"] == MANY - 1

    fields = shop.column("app_user.email"), shop.column("app_user.email_bidx")
    answer = shop.dbops("rotate-key", "--new-key", "env:KEY_STRANGER", "--batch", "7")
    assert (answer.code, answer.err) == (0, "")
    assert counts(answer.json["columns"], "sealed") == {"app_user.email": MANY - 1, "customer.email": MANY}
    assert (shop.column("app_user.email"), shop.column("app_user.email_bidx")) == fields
    assert [keys_of(shop, f"{name}.email_bidx2") for name in ("app_user", "customer")] == [{COMING}, {COMING}]
    assert "by_email" in unique_indexes(shop)
    assert counts(shop.dbops("rotate-key", "--new-key", "coming").json["columns"], "sealed") == {}

    assert shop.dbops("keys", "retire", "index").code == 0
    use_keyring(keyring(KeyState.ACTIVE))
    with Session(shop.engine) as session:
        asked = select(made.User.id).where(made.User.email == "u2@example.com")
        assert "email_bidx2 =" in str(asked)
        assert session.scalar(asked) == 2
        session.get(made.User, 3).email = "newer@example.com"
        session.commit()
    use_keyring(None)
    assert (keys_of(shop, "app_user.email_bidx"), keys_of(shop, "app_user.email_bidx2")) == ({INDEX}, {COMING})
    results = shop.dbops("validate-encryption").json["results"]
    assert [each["case"] for each in results if each["code"] in ("ENC001", "ENC002") and each["findings"]] == []


def test_index_that_a_program_without_the_second_column_left_stale_is_found_and_made_again(shop: Sealed) -> None:
    shop.dbops("rotate-key", "--new-key", "coming")
    with shop.engine.begin() as connection:
        second = connection.scalar(select(USER.c.email_bidx2).where(USER.c.id == 2))
        connection.execute(update(USER).where(USER.c.id == 2).values(email_bidx2=None))
        connection.execute(update(USER).where(USER.c.id == 1).values(email_bidx2=second))
    found = {
        (each["code"], each["case"]): each["findings"] for each in shop.dbops("validate-encryption").json["results"]
    }
    assert [each["message"] for each in found["ENC001", "app_user.email"]] == [
        "1 of 30 fields is beside a blind index that is not theirs (id=1)"
    ]
    assert [each["message"] for each in found["ENC002", "app_user.email"]] == [
        "1 of 30 fields have no blind index yet in the column that takes over"
    ]
    answer = shop.dbops("rotate-key", "--new-key", "coming", "--batch", "1")
    assert counts(answer.json["columns"], "sealed") == {"app_user.email": 2}
    assert shop.column("app_user.email_bidx2")[2,] == second


@on_postgresql
def test_value_that_is_there_twice_ends_the_run_and_leaves_no_broken_index(shop: Sealed) -> None:
    shop.maintained.sql(
        "ALTER TABLE app_user DROP CONSTRAINT app_user_email_bidx_key",
        "UPDATE app_user SET (email, email_bidx) = (SELECT email, email_bidx FROM app_user WHERE id = 2) WHERE id = 1",
    )
    answer = shop.dbops("rotate-key", "--new-key", "coming")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "could not create unique index" in answer.err
    assert "by_email" not in unique_indexes(shop)


@on_sqlite
def test_index_without_a_second_column_is_refused_in_one_line(shop: Sealed) -> None:
    shop.maintained.project.write("shop_models.py", MODELS)
    answer = shop.dbops("rotate-key", "--new-key", "coming")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "app_user.email: no second column takes over from its blind index 'email_bidx'" in answer.err
    answer = shop.dbops("rotate-key", "--new-key", "index")
    assert (answer.code, f"is not the one that indexes go to: {COMING} is" in answer.err) == (2, True)
    answer = shop.dbops("rotate-key", "--new-key", "coming", "--purpose", "data")
    assert (answer.code, "is for blind-index alone, not for data" in answer.err) == (2, True)


@pytest.mark.parametrize(
    ("follows", "is_unique", "why"),
    [
        ("email_bidx", False, "t.second takes over from a unique index and has to be unique too"),
        ("email", True, "has to follow the one other index of 'email'"),
    ],
)
def test_second_column_that_cannot_take_over_is_refused(follows: str, is_unique: bool, why: str) -> None:
    metadata = MetaData()
    first = Column("email_bidx", BlindIndex("email"), unique=True)
    second = Column("second", BlindIndex("email", follows=follows), unique=is_unique)
    Table("t", metadata, Column("email", EncryptedText()), first, second)
    with pytest.raises(ConfigError, match=why):
        encrypted_columns(metadata)
