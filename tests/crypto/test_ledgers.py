"""Uses of keys are reserved beside the data: durable before they count, shared by all writers, never given back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, insert, text

from pytest_dbops import count_encryptions, encrypt_rows
from pytest_dbops.core.errors import FieldError
from pytest_dbops.crypto.counting import FIRST_BLOCK, Ledger
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.crypto.ledgers import FileLedger, ledger_of, make_key_use_table
from tests.crypto.rings import key
from tests.crypto.shop import USERS, User


@pytest.fixture
def ledger(shop: Engine) -> Iterator[Ledger]:
    if shop.dialect.name == "postgresql":
        with shop.begin() as connection:
            make_key_use_table(connection)
            make_key_use_table(connection)
    yield ledger_of(shop)
    if shop.dialect.name == "postgresql":
        with shop.begin() as connection:
            connection.execute(text("DROP SCHEMA dbops CASCADE"))


def test_sums_outlive_the_ledger_and_are_apart_by_key(shop: Engine, ledger: Ledger) -> None:
    assert [ledger.reserve(name, count) for name, count in (("a", 256), ("b", 1), ("a", 512))] == [256, 1, 768]
    assert ledger_of(shop).reserve("a", 1) == 769


def test_writers_at_once_lose_nothing(shop: Engine, ledger: Ledger) -> None:
    with ThreadPoolExecutor(4) as pool:
        sums = list(pool.map(lambda _: ledger_of(shop).reserve("a", 10), range(40)))
    assert sorted(sums) == list(range(10, 410, 10))


def test_what_a_rolled_back_transaction_has_sealed_stays_counted(shop: Engine, ledger: Ledger) -> None:
    count_encryptions(shop)
    with shop.connect() as connection:
        connection.execute(insert(USERS), [{"id": 1, "email": "a@example.com", "email_bidx": "a"}])
        connection.rollback()
    assert ledger.reserve(f"{key('new').record.id}/app_user/email", 0) == FIRST_BLOCK


def test_sealing_within_an_open_transaction_does_not_wait_for_it(shop: Engine, ledger: Ledger) -> None:
    count_encryptions(shop)
    with shop.begin() as connection:
        connection.execute(text("UPDATE app_user SET id = id"))
        rows = [{"id": number, "email": f"{number}@example.com"} for number in range(FIRST_BLOCK + 1)]
        connection.execute(insert(USERS), list(encrypt_rows(User, rows)))
    assert ledger.reserve(f"{key('new').record.id}/app_user/email", 0) == FIRST_BLOCK * 3


def test_missing_table_is_told_with_the_way_out(shop: Engine, keyring: Keyring) -> None:
    if shop.dialect.name != "postgresql":
        pytest.skip("on SQLite it is a file")
    count_encryptions(shop)
    with (
        shop.begin() as connection,
        pytest.raises(FieldError, match=r"key_use is not there.*dbops compliance keys table"),
    ):
        connection.execute(insert(USERS), [{"id": 1, "email": "a", "email_bidx": "a"}])


def test_damaged_file_is_no_fresh_start(tmp_path: Path) -> None:
    file = tmp_path / "uses.json"
    file.write_text("{", encoding="utf-8")
    with pytest.raises(FieldError, match="is damaged; uses of keys are not known"):
        FileLedger(file).reserve("a", 1)
    assert file.read_text(encoding="utf-8") == "{"


def test_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(FieldError, match="uses of keys cannot be reserved in"):
        FileLedger(tmp_path / "nowhere" / "uses.json").reserve("a", 1)


def test_database_in_memory_has_no_ledger() -> None:
    with pytest.raises(FieldError, match="a database in memory ends with its process"):
        ledger_of(create_engine("sqlite://"))
