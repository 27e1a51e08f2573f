"""Injuries of stored fields on real databases, made behind the back of the types, are counted and named exactly."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, LargeBinary, column, delete, func, insert, select, table, text, update
from sqlalchemy.orm import Session

from pytest_dbops import encrypt_rows
from pytest_dbops.core.check import Cost
from pytest_dbops.core.encryption import EncryptedColumn, FieldAudit, FieldVerdict, KeyState, Method
from pytest_dbops.core.environment import DEFAULT_POLICIES, Environment, Kind
from pytest_dbops.core.secret import Secret
from pytest_dbops.operations.encryption import audit, statements
from pytest_dbops.operations.encryption.dividing import ProcessHelpers
from tests.crypto.conftest import Audited
from tests.crypto.rings import forged, key, ring
from tests.crypto.shop import CUSTOMERS, USERS, Customer, User, next_id

RAW_USERS = table("app_user", column("id"), *(column(name, LargeBinary) for name in ("email", "email_bidx", "secret")))
RAW_CUSTOMERS = table(
    "customer", column("org_id"), column("id"), *(column(name, LargeBinary) for name in ("email", "email_bidx"))
)
MANY = 40


@pytest.fixture(autouse=True)
def people(shop: Engine) -> None:
    """Forty users and forty customers of two tenants, written through the types."""
    users = [{"id": n, "email": f"u{n}@example.com", "secret": b"s%d" % n} for n in range(1, MANY + 1)]
    customers = [
        {"org_id": 1 + n % 2, "id": n, "public_id": next_id(), "email": f"c{n}@example.com", "iban_sealed": None}
        for n in range(1, MANY + 1)
    ]
    with shop.begin() as connection:
        connection.execute(insert(USERS), list(encrypt_rows(User, users)))
        connection.execute(insert(CUSTOMERS), list(encrypt_rows(Customer, customers)))


def stored(shop: Engine, raw: Any, name: str, number: int) -> bytes:
    with shop.connect() as connection:
        found = connection.scalar(select(raw.c[name]).where(raw.c.id == number))
    assert isinstance(found, bytes)
    return found


def store(shop: Engine, raw: Any, name: str, values: dict[int, bytes | None]) -> None:
    with shop.begin() as connection:
        for number, value in values.items():
            connection.execute(update(raw).where(raw.c.id == number).values({name: value}))


@pytest.mark.parametrize("name", ["app_user.email", "app_user.secret", "app_user.settings", "customer.email"])
def test_clean_column_has_no_unsound_field(audited: Audited, name: str) -> None:
    found = audited(name)
    assert (found.unsound, found.offenders, found.unsure) == ((), (), "")
    assert (found.rows, found.fields, found.method) == (MANY, MANY, Method.FULL)
    empty = MANY if name == "app_user.settings" else 0
    assert (found.sealed, found.count(FieldVerdict.EMPTY)) == (MANY - empty, empty)


def test_each_injury_is_counted_and_named_by_its_row(shop: Engine, audited: Audited) -> None:
    field = {n: stored(shop, RAW_USERS, "secret", n) for n in range(1, 10)}
    place = ("app_user", "secret")
    store(shop, RAW_USERS, "secret", {
        1: b"plain", 2: field[2][:30], 3: field[3][:-1], 4: field[4][:-1] + bytes([field[4][-1] ^ 1]),
        5: forged(b"x", place, sealed_by="stranger"), 6: forged(b"x", place, sealed_by="old", named="new"),
        7: forged(b"x", ("app_user", "email"), sealed_by="new", nonce=bytes(12)),
        8: forged(b"x", place, sealed_by="old"), 9: None,
    })  # fmt: skip
    found = audited("app_user.secret")
    assert dict(found.counts) == {
        FieldVerdict.OK: MANY - 9, FieldVerdict.PLAINTEXT: 1, FieldVerdict.TRUNCATED: 2, FieldVerdict.ALTERED: 1,
        FieldVerdict.UNKNOWN_KEY: 1, FieldVerdict.WRONG_KEY: 1, FieldVerdict.SWAPPED: 1, FieldVerdict.OK_OLD_KEY: 1,
        FieldVerdict.EMPTY: 1,
    }  # fmt: skip
    assert {(each.row, each.verdict) for each in found.offenders} == {
        ("id=1", FieldVerdict.PLAINTEXT), ("id=2", FieldVerdict.TRUNCATED), ("id=3", FieldVerdict.TRUNCATED),
        ("id=4", FieldVerdict.ALTERED), ("id=5", FieldVerdict.UNKNOWN_KEY), ("id=6", FieldVerdict.WRONG_KEY),
        ("id=7", FieldVerdict.SWAPPED),
    }  # fmt: skip
    assert {(share.fields, share.state) for share in found.keys} == {
        (MANY - 9, KeyState.ACTIVE), (1, KeyState.RETIRED), (1, None),
    }  # fmt: skip


def test_copy_within_the_column_profile_is_found_by_its_nonce(shop: Engine, audited: Audited) -> None:
    store(shop, RAW_USERS, "secret", {2: stored(shop, RAW_USERS, "secret", 1)})
    found = audited("app_user.secret")
    assert dict(found.counts) == {FieldVerdict.OK: MANY - 2, FieldVerdict.DUPLICATE_NONCE: 2}
    assert [each.row for each in found.offenders] == ["id=1", "id=2"]


@pytest.mark.parametrize("values", [(b"one", b"two"), (b"one", b"one")], ids=["two values", "one value"])
def test_nonce_used_twice_is_found(shop: Engine, audited: Audited, values: tuple[bytes, bytes]) -> None:
    place = ("app_user", "secret")
    store(shop, RAW_USERS, "secret", {n: forged(values[n - 1], place, sealed_by="new") for n in (1, 2)})
    assert audited("app_user.secret").count(FieldVerdict.DUPLICATE_NONCE) == 2


def test_same_nonce_under_two_keys_is_no_repetition(shop: Engine, audited: Audited) -> None:
    place = ("app_user", "secret")
    store(shop, RAW_USERS, "secret", {1: forged(b"1", place, sealed_by="new"), 2: forged(b"2", place, sealed_by="old")})
    assert audited("app_user.secret").unsound == ()


def test_copy_within_the_row_profile_is_swapped_and_its_original_sound(shop: Engine, audited: Audited) -> None:
    store(shop, RAW_CUSTOMERS, "email", {2: stored(shop, RAW_CUSTOMERS, "email", 1)})
    found = audited("customer.email")
    assert dict(found.counts) == {FieldVerdict.OK: MANY - 1, FieldVerdict.SWAPPED: 1}
    assert [(each.row, each.detail) for each in found.offenders] == [
        ("org_id=1,id=2", "sealed for customer.email of org_id=2,id=1")
    ]


def test_field_moved_from_a_row_that_was_filled_anew_is_swapped(shop: Engine, audited: Audited) -> None:
    moved = stored(shop, RAW_CUSTOMERS, "email", 1)
    with Session(shop) as session:
        one = session.get(Customer, (2, 1))
        assert one is not None
        one.email = "new@example.com"
        session.commit()
    store(shop, RAW_CUSTOMERS, "email", {5: moved})
    found = audited("customer.email")
    assert [(each.row, each.verdict) for each in found.offenders] == [("org_id=2,id=5", FieldVerdict.SWAPPED)]


def test_rows_swapped_between_tenants_are_both_found(shop: Engine, audited: Audited) -> None:
    one, two = (stored(shop, RAW_CUSTOMERS, "email", n) for n in (3, 4))
    store(shop, RAW_CUSTOMERS, "email", {3: two, 4: one})
    assert audited("customer.email").unsound == ((FieldVerdict.SWAPPED, 2),)


@pytest.mark.parametrize(
    "index", [None, b"", bytes(21), "other"], ids=["none", "empty", "no index", "index of another value"]
)
def test_blind_index_of_another_value_is_a_mismatch(shop: Engine, audited: Audited, index: Any) -> None:
    given = stored(shop, RAW_CUSTOMERS, "email_bidx", 2) if index == "other" else index
    store(shop, RAW_CUSTOMERS, "email_bidx", {1: given})
    assert audited("customer.email").unsound == ((FieldVerdict.INDEX_MISMATCH, 1),)


def test_index_without_a_value_is_a_mismatch(shop: Engine, audited: Audited) -> None:
    store(shop, RAW_CUSTOMERS, "email", {1: None})
    assert audited("customer.email").unsound == ((FieldVerdict.INDEX_MISMATCH, 1),)


def test_without_a_key_structure_is_judged_in_the_database(shop: Engine, audited: Audited) -> None:
    field = {n: stored(shop, RAW_USERS, "secret", n) for n in range(1, 8)}
    store(shop, RAW_USERS, "secret", {
        1: b"plain", 2: field[2][:30], 3: field[3][:-1], 4: field[4] + b"x", 5: None, 6: b"", 7: b"\xdb",
    })  # fmt: skip
    found = audited("app_user.secret", keys=None)
    assert found.method is Method.STRUCTURE
    assert dict(found.counts) == {
        FieldVerdict.OK: MANY - 7, FieldVerdict.PLAINTEXT: 1, FieldVerdict.TRUNCATED: 4, FieldVerdict.ALTERED: 1,
        FieldVerdict.EMPTY: 1,
    }  # fmt: skip
    assert [(share.id, share.fields) for share in found.keys] == [(key("new").record.id, MANY - 5)]
    assert {each.row for each in found.offenders} <= {f"id={n}" for n in (1, 2, 3, 4, 6, 7)}
    assert len(found.offenders) == 5


def test_without_a_key_repeated_nonces_are_seen(shop: Engine, audited: Audited) -> None:
    store(shop, RAW_USERS, "secret", {2: stored(shop, RAW_USERS, "secret", 1)})
    assert audited("app_user.secret", keys=None).unsound == ((FieldVerdict.DUPLICATE_NONCE, 1),)


def test_other_keys_know_none_of_the_fields(audited: Audited) -> None:
    found = audited("customer.email", keys=ring(key("another")))
    assert dict(found.counts) == {FieldVerdict.UNKNOWN_KEY: MANY}


def test_sample_looks_at_a_part_and_says_how_sure_it_is(
    shop: Engine, audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "SAMPLE_ROWS", 20)
    found = audited("app_user.secret", cost=Cost.SAMPLE)
    assert (found.method, found.rows, found.unsound) == (Method.SAMPLE, MANY, ())
    assert 0 < found.fields < MANY
    assert found.confidence.startswith("with 95 % confidence fewer than ")


def test_small_table_is_read_whole_where_samples_are_asked(audited: Audited) -> None:
    assert audited("app_user.secret", cost=Cost.SAMPLE).method is Method.FULL


def test_memory_does_not_grow_with_the_table(shop: Engine, audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "BLOCK_ROWS", 200)
    grow(shop, 400)
    peak(audited)
    small = peak(audited)
    grow(shop, 8_000)
    assert peak(audited) - small < 8_000 * 10  # a field has 78 bytes


def peak(audited: Audited) -> int:
    """Return the most memory that an audit takes, in bytes."""
    tracemalloc.start()
    audited("app_user.secret")
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def nonce_of(number: int) -> bytes:
    return sha256(b"%d" % number).digest()[:12]


def grow(shop: Engine, rows: int) -> None:
    with shop.begin() as connection:
        last = connection.scalar(select(func.max(USERS.c.id)))
        block = [
            {"id": number, "email": b"x", "email_bidx": str(number).encode(),
             "secret": forged(b"x" * 40, ("app_user", "secret"), sealed_by="new", nonce=nonce_of(number))}
            for number in range(last + 1, last + 1 + rows)
        ]  # fmt: skip
        connection.execute(insert(RAW_USERS), block)


def test_text_column_under_an_encrypted_type_holds_plaintext(shop: Engine, audited: Audited) -> None:
    kind = "TEXT" if shop.dialect.name == "sqlite" else "text"
    with shop.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE app_user DROP COLUMN secret")
        connection.exec_driver_sql(f"ALTER TABLE app_user ADD COLUMN secret {kind}")
        connection.exec_driver_sql("UPDATE app_user SET secret = 'plain' WHERE id <= 3")
    for keys in (None, ring(key("new"))):
        found = audited("app_user.secret", keys=keys)
        assert dict(found.counts) == {FieldVerdict.EMPTY: MANY - 3, FieldVerdict.PLAINTEXT: 3}


def test_several_processes_find_what_one_finds(
    shop: Engine, audited: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = {n: stored(shop, RAW_USERS, "secret", n) for n in (2, 3, 4, 38)}
    email = {n: stored(shop, RAW_CUSTOMERS, "email", n) for n in (1, 39)}
    place = ("app_user", "secret")
    store(shop, RAW_USERS, "secret", {
        1: b"plain", 2: secret[2][:30], 3: secret[3][:-1] + bytes([secret[3][-1] ^ 1]), 9: secret[38], 39: b"plain",
        15: forged(b"x", place, sealed_by="stranger"), 16: forged(b"x", place, sealed_by="old"), 20: None,
    })  # fmt: skip
    store(shop, RAW_CUSTOMERS, "email", {1: email[39], 39: email[1]})
    alone = [audited(name) for name in ("app_user.secret", "customer.email")]
    assert (alone[0].count(FieldVerdict.DUPLICATE_NONCE), alone[1].count(FieldVerdict.SWAPPED)) == (2, 2)
    monkeypatch.setattr(audit, "LEAST_SHARED_ROWS", MANY)
    helpers = Noted(helpers_on(shop, tmp_path, 3))
    shared = [audited(name, helpers=helpers) for name in ("app_user.secret", "customer.email")]
    assert [plainly(each) for each in shared] == [plainly(each) for each in alone]
    assert helpers.bounds == [((14,), (27,)), ((1, 28), (2, 13))]


@pytest.mark.parametrize(
    ("left", "counts"), [(MANY, 0), (2 * MANY, 0), (MANY // 4, 1)], ids=["as-analysed", "grown", "shrunk"]
)
def test_rows_are_counted_only_where_the_server_knows_no_number_that_divides_them(
    shop: Engine, audited: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int, counts: int
) -> None:
    if shop.dialect.name != "postgresql":
        pytest.skip("SQLite keeps no number of rows that could be asked for")
    more = [{"id": n, "email": f"u{n}@example.com", "secret": b"s%d" % n} for n in range(MANY + 1, left + 1)]
    with shop.begin() as connection:
        connection.execute(text("ANALYZE app_user"))
        connection.execute(delete(USERS).where(USERS.c.id > left))
        if more:
            connection.execute(insert(USERS), list(encrypt_rows(User, more)))
    alone = audited("app_user.secret")
    helpers = Noted(helpers_on(shop, tmp_path, 2))
    asked = list[EncryptedColumn]()
    count_rows = statements.count_rows
    monkeypatch.setattr(statements, "count_rows", lambda each: asked.append(each) or count_rows(each))
    monkeypatch.setattr(audit, "LEAST_SHARED_ROWS", MANY // 8)
    assert plainly(audited("app_user.secret", helpers=helpers)) == plainly(alone)
    assert (alone.rows, len(helpers.bounds), len(asked)) == (left, 1, counts)


def helpers_on(shop: Engine, folder: Path, number: int) -> ProcessHelpers:
    url = shop.url.render_as_string(hide_password=False).replace("+psycopg", "")
    policy = DEFAULT_POLICIES[Kind.STAGING]
    return ProcessHelpers(
        folder, Environment("staging", Kind.STAGING, shop.dialect.name, Secret(url), "", policy), url, number
    )


@dataclass
class Noted:
    """Helpers, and where they were told to divide the rows."""

    helpers: ProcessHelpers
    bounds: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.helpers.number

    def parts(self, *asked: Any) -> Iterator[Any]:
        self.bounds.append(tuple(asked[3]))
        return self.helpers.parts(*asked)


def plainly(found: FieldAudit) -> tuple[object, ...]:
    """Return all that an audit says, without the order in which fields were met."""
    return found.fields, found.rows, sorted(found.counts), found.keys, sorted(map(str, found.offenders)), found.unsure
