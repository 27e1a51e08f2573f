"""`dbops compliance rotate-key`: stored fields move to another key, online, and nothing else is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from pytest_dbops import use_keyring
from pytest_dbops.backends import copying_for
from pytest_dbops.cli.encrypting import JSON
from pytest_dbops.core.encryption import KeyState
from pytest_dbops.crypto.models import encrypted_columns
from pytest_dbops.operations.encryption import statements
from tests.cli.sealed import BY_BOTH, JOURNAL, KEYS, NEW, OLD, PROJECT, USER, Sealed, counts
from tests.cli.test_maintenance_plan import on_postgresql, on_sqlite
from tests.crypto.rings import forged, root
from tests.crypto.shop import Base, Customer, User

MANY = 30
COLUMNS = ("app_user.email", "app_user.secret", "customer.email")


@pytest.fixture
def shop(sealed: Sealed) -> Sealed:
    """A shop whose fields are on the old key."""
    sealed.fill(MANY)
    return sealed


def test_all_fields_move_to_the_new_key_and_hold_what_they_held(shop: Sealed) -> None:
    indexes = shop.column("app_user.email_bidx"), shop.column("customer.email_bidx")
    answer = shop.rotate("--batch", "7")
    assert (answer.code, answer.err) == (0, "")
    assert counts(answer.json["columns"], "sealed") == dict.fromkeys(COLUMNS, MANY)
    assert shop.keys_of(*COLUMNS) == {NEW: 3 * MANY}
    assert (shop.column("app_user.email_bidx"), shop.column("customer.email_bidx")) == indexes
    assert shop.events() == ["sealing", *["sealed"] * 5, "ended"]
    use_keyring(BY_BOTH)
    with Session(shop.engine) as session:
        assert {user.email for user in session.query(User)} == {f"u{n}@example.com" for n in range(1, MANY + 1)}
        assert {one.email for one in session.query(Customer)} == {f"c{n}@example.com" for n in range(1, MANY + 1)}
    use_keyring(None)
    assert shop.dbops("validate-encryption").code == 0


def test_second_rotation_changes_nothing_and_says_so_in_one_line(shop: Sealed) -> None:
    shop.rotate()
    before = [shop.column(name) for name in COLUMNS]
    events = shop.events()
    answer = shop.maintained.project.dbops("compliance", "rotate-key", "--new-key", "2026", "--env", "staging")
    assert (answer.code, answer.err, answer.out.count("\n")) == (0, "", 1)
    assert answer.out.endswith(f"nothing to do, all fields are on key {NEW} (2026) already; nothing was changed\n")
    assert ([shop.column(name) for name in COLUMNS], shop.events()) == (before, events)


def test_dry_run_tells_columns_rows_and_keys_and_touches_nothing(shop: Sealed) -> None:
    before = [shop.column(name) for name in COLUMNS]
    answer = shop.rotate("--dry-run")
    assert set(answer.json) == set(JSON.keys)
    assert (answer.code, answer.json["key"], answer.json["run"], answer.json["columns"]) == (0, NEW, "", [])
    assert counts(answer.json["planned"], "todo") == dict.fromkeys(COLUMNS, MANY)
    assert counts(answer.json["planned"], "keys") == {name: {OLD: MANY} for name in COLUMNS}
    assert [shop.column(name) for name in COLUMNS] == before
    with pytest.raises(Exception, match=JOURNAL[shop.dialect]):
        shop.events()


def test_one_tenant_moves_alone(shop: Sealed) -> None:
    answer = shop.rotate("--org", "1")
    assert answer.code == 0
    assert answer.json["left_out"] == [
        f"app_user.{name}: its rows are of no tenant" for name in ("email", "settings", "secret")
    ]
    on_new = {key[0] for key, value in shop.column("customer.email").items() if bytes(value)[2:6].hex() == NEW}
    assert (on_new, shop.keys_of("customer.email")) == ({1}, {NEW: MANY // 2, OLD: MANY // 2})
    assert shop.keys_of("app_user.email") == {OLD: MANY}


def test_key_of_one_tenant_takes_its_rows_alone(shop: Sealed) -> None:
    config = shop.maintained.path / "dbops.toml"
    text = config.read_text(encoding="utf-8")
    text = text.replace('state    = "retired"', 'state    = "active"').replace('"2026"', '"2026"\ntenant = "1"')
    config.write_text(text, encoding="utf-8")
    assert shop.rotate().code == 0
    on_new = {key[0] for key, value in shop.column("customer.email").items() if bytes(value)[2:6].hex() == NEW}
    assert (on_new, shop.keys_of("customer.email")) == ({1}, {NEW: MANY // 2, OLD: MANY // 2})
    assert shop.keys_of("app_user.email") == {OLD: MANY}
    assert shop.rotate().json["run"] == ""
    answer = shop.dbops("rotate-key", "--new-key", "2024")
    assert (answer.code, answer.json["run"]) == (0, "")
    answer = shop.rotate("--org", "2")
    assert (answer.code, "seals for tenant '1', not '2'" in answer.err) == (2, True)


def test_fields_that_do_not_open_are_left_and_told_by_their_rows(shop: Sealed) -> None:
    field = bytes(shop.column("app_user.secret")[4,])
    bad = {
        3: forged(b"x", ("app_user", "secret"), sealed_by="stranger"),
        4: field[:-1] + bytes([field[-1] ^ 1]),
        5: b"plain",
    }
    with shop.engine.begin() as connection:
        for number, value in bad.items():
            connection.execute(update(USER).where(USER.c.id == number).values(secret=value))
    answer = shop.rotate("--batch", "5")
    assert answer.code == 1
    assert "2 fields of app_user.secret left as found (id=3: unknown key" in answer.err
    (column,) = (each for each in answer.json["columns"] if each["column"] == "app_user.secret")
    assert (column["sealed"], column["left"]) == (MANY - 3, {"unknown key": 1, "altered": 1})
    assert {key: bytes(value) for (key,), value in shop.column("app_user.secret").items() if key in bad} == bad


def test_pre_active_key_takes_over_and_what_is_missing_is_told(shop: Sealed) -> None:
    shop.keys(old=KeyState.ACTIVE, new=KeyState.PRE_ACTIVE)
    answer = shop.maintained.project.dbops("compliance", "rotate-key", "--new-key", "2026", "--env", "staging")
    assert (answer.code, shop.keys_of(*COLUMNS)) == (0, {NEW: 3 * MANY})
    assert f"key {NEW} is pre-active: programs still seal with the active one" in answer.out


@on_sqlite
@pytest.mark.parametrize(
    ("given", "why"),
    [
        (f"hex:{root('new').hex()}", "a key itself is no argument"),
        ("env:KEY_STRANGER", "is not in the keyring of 'staging'"),
        ("env:KEY_OLD", "('2024') is retired; a rotation goes to one that is active or pre-active"),
        ("2024", "('2024') is retired"),
        ("env:NOT_SET", 'variable NOT_SET (reference = "env:NOT_SET") is not set'),
        ("env:KEY_SHORT", "what env:KEY_SHORT leads to has 4 bytes; 32 are needed"),
    ],
)
def test_key_that_cannot_be_meant_is_one_line_and_nothing_changes(
    shop: Sealed, monkeypatch: pytest.MonkeyPatch, given: str, why: str
) -> None:
    monkeypatch.setenv("KEY_SHORT", "hex:0badc0de")
    answer = shop.dbops("rotate-key", "--new-key", given)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert why in answer.err
    assert root("new").hex() not in answer.err
    assert shop.keys_of(*COLUMNS) == {OLD: 3 * MANY}


def test_tenant_that_cannot_be_meant_is_one_line(shop: Sealed) -> None:
    answer = shop.rotate("--org", "seven")
    assert (answer.code, answer.err) == (2, "dbops: --org 'seven' is no number, as org_id is\n")


def test_policy_refuses_and_can_be_overridden_with_a_reason(shop: Sealed) -> None:
    config = shop.maintained.path / "dbops.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("may_write = true", "may_write = false"))
    answer = shop.rotate()
    assert (answer.code, answer.out) == (4, "")
    assert "nothing may be written to 'staging'" in answer.err
    assert shop.keys_of(*COLUMNS) == {OLD: 3 * MANY}
    answer = shop.rotate("--force", "may_write", "--reason", "agreed")
    assert (answer.code, answer.json["overridden"], shop.keys_of(*COLUMNS)) == (0, ["may_write"], {NEW: 3 * MANY})
    assert shop.events()[:2] == ["sealing", "overridden"]


def test_table_without_primary_key_is_refused_in_one_line(shop: Sealed) -> None:
    shop.maintained.project.write(
        "shop_models.py",
        "from sqlalchemy import Column, MetaData, Table\nfrom pytest_dbops import EncryptedText\n"
        "Base = MetaData()\nTable('log', Base, Column('text', EncryptedText()))\n",
    )
    answer = shop.rotate()
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "table 'log' has no primary key" in answer.err


def test_two_active_keys_are_refused_before_anything(shop: Sealed) -> None:
    shop.maintained.configure(PROJECT + "".join(
        KEYS.format(name=name, variable=name, purpose="data", state="active") for name in ("OLD", "NEW")
    ))  # fmt: skip
    answer = shop.rotate()
    assert answer.code == 2
    assert "are both active for data" in answer.err


@on_postgresql
def test_row_that_another_transaction_holds_is_passed_over_told_and_finished_later(shop: Sealed) -> None:
    with shop.engine.begin() as holder:
        holder.exec_driver_sql("SELECT id FROM app_user WHERE id = 3 FOR UPDATE")
        answer = shop.rotate()
    assert answer.code == 3
    assert answer.err == "dbops: 1 field was held by others each time, in app_user.email (run it again)\n"
    assert shop.keys_of(*COLUMNS) == {NEW: 3 * MANY - 2, OLD: 2}
    assert counts(shop.rotate().json["columns"], "sealed") == dict.fromkeys(COLUMNS[:2], 1)


@on_postgresql
def test_rows_that_a_policy_hides_are_an_error_and_not_left_behind(shop: Sealed) -> None:
    shop.maintained.sql(
        "ALTER TABLE customer ENABLE ROW LEVEL SECURITY", "ALTER TABLE customer FORCE ROW LEVEL SECURITY",
        "CREATE POLICY own ON customer USING (org_id = 1)",
    )  # fmt: skip
    answer = shop.rotate()
    assert answer.code in (1, 3)
    assert "row-level security" in answer.err or "row security" in answer.err


def test_uses_of_the_new_key_are_reserved_where_programs_count_them(shop: Sealed) -> None:
    if shop.dialect == "postgresql":
        table = shop.maintained.project.dbops("compliance", "keys", "table").out
        shop.maintained.sql(*filter(None, (line.strip() for line in table.split(";"))))
    else:
        shop.maintained.file.with_name("target.sqlite3.key-use.json").write_text("{}", encoding="utf-8")
    assert shop.rotate().code == 0
    if shop.dialect == "postgresql":
        used = dict(shop.maintained.rows("SELECT data_key, reserved FROM dbops.key_use"))
    else:
        used = json.loads(shop.maintained.file.with_name("target.sqlite3.key-use.json").read_text(encoding="utf-8"))
    assert used[f"{NEW}/app_user/email"] >= MANY
    assert used[f"{NEW}/customer/email/1"] >= MANY // 2


def test_backup_is_made_and_read_back_before_anything_is_sealed(shop: Sealed, own_scratch: None) -> None:
    answer = shop.rotate("--backup", "copies")
    assert (answer.code, answer.err, shop.keys_of(*COLUMNS)) == (0, "", {NEW: 3 * MANY})
    backup = answer.json["backup"]
    file = Path(backup["name"])
    assert (file.parent, file.stat().st_mode & 0o777) == (shop.maintained.path / "copies", 0o600)
    assert (backup["size_bytes"], backup["is_encrypted"]) == (file.stat().st_size, False)
    assert backup["verified_at"] >= backup["finished_at"]
    begun = shop.maintained.rows(f"SELECT detail FROM {JOURNAL[shop.dialect]} WHERE event = 'sealing'")
    assert json.loads(begun[0][0])["backup"] == str(file)
    assert shop.rotate("--backup", "copies").json["backup"] is None
    assert len(list(file.parent.iterdir())) == 1


def test_backup_that_cannot_be_made_ends_all_before_anything_is_sealed(shop: Sealed, own_scratch: None) -> None:
    (shop.maintained.path / "copies").write_text("no folder", encoding="utf-8")
    answer = shop.rotate("--backup", "copies")
    assert (answer.code, answer.err.count("\n"), shop.keys_of(*COLUMNS)) == (1, 1, {OLD: 3 * MANY})
    assert "copies' cannot be made: File exists" in answer.err
    with pytest.raises(Exception, match=JOURNAL[shop.dialect]):
        shop.events()


def test_backup_that_does_not_hold_what_was_there_is_removed_and_nothing_is_sealed(
    shop: Sealed, own_scratch: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = copying_for(shop.dialect)
    read = type(product).read_copy

    def with_one_row_less(self: object, file: Path, questions: object, **more: Any) -> Any:
        answers = read(self, file, questions, **more)
        return (((str(int(answers[0][0][0]) - 1),),), *answers[1:])

    monkeypatch.setattr(type(product), "read_copy", with_one_row_less)
    answer = shop.rotate("--backup", "copies")
    assert (answer.code, answer.err.count("\n"), shop.keys_of(*COLUMNS)) == (1, 1, {OLD: 3 * MANY})
    assert "does not hold what the database did, by: SELECT count(*) FROM" in answer.err
    assert list((shop.maintained.path / "copies").iterdir()) == []


@on_postgresql
def test_batch_is_read_along_the_primary_key(shop: Sealed) -> None:
    shop.maintained.sql(
        "INSERT INTO app_user (id, email, email_bidx, secret) SELECT n, u.email, decode(md5(CAST(n AS text)), 'hex'),"
        f" u.secret FROM app_user AS u, generate_series({MANY + 1}, 5000) AS n WHERE u.id = 1", "ANALYZE app_user",
    )  # fmt: skip
    column = next(each for each in encrypted_columns(Base.metadata) if each.name == "app_user.secret")
    condition = statements.on_another_key(column, "postgresql", NEW)
    plan = "\n".join(
        row[0]
        for row in shop.maintained.rows(
            f"EXPLAIN (COSTS OFF) SELECT secret, id FROM app_user WHERE ({condition}) AND id > 10 ORDER BY id LIMIT 50"
        )
    )
    assert ("Index Scan using app_user_pkey" in plan, "Sort" in plan) == (True, False), plan
