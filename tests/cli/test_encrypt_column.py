"""`encrypt-column` and `validate-encryption --fix`: plaintext is sealed, what cannot be known is left and told."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from pytest_dbops import ComplianceManager, use_keyring
from pytest_dbops.backends import copying_for
from pytest_dbops.provisioning.dump_tools import find_dump_tool
from tests.cli.sealed import BY_BOTH, CUSTOMER, JOURNAL, NEW, OLD, USER, Sealed, counts
from tests.cli.test_maintenance_plan import on_postgresql, on_sqlite
from tests.crypto.rings import forged
from tests.crypto.shop import Customer, User

MANY = 12


@pytest.fixture
def shop(sealed: Sealed) -> Sealed:
    """A shop whose fields are on the old key, which is retired."""
    sealed.fill(MANY)
    return sealed


def plain(shop: Sealed, emails: dict[int, bytes | None]) -> None:
    """Put something into the e-mail addresses of customers, and take their blind indexes away."""
    with shop.engine.begin() as connection:
        for number, value in emails.items():
            mine = update(CUSTOMER).where(CUSTOMER.c.id == number)
            connection.execute(mine.values(email=value, email_bidx=None))


def told(shop: Sealed) -> dict[int, str | None]:
    """Return the e-mail addresses as an application reads them."""
    use_keyring(BY_BOTH)
    try:
        with Session(shop.engine) as session:
            return {one.id: one.email for one in session.query(Customer)}
    finally:
        use_keyring(None)


def test_column_of_plaintext_is_sealed_with_its_blind_index(shop: Sealed) -> None:
    wanted = {n: f"c{n}@example.com" for n in range(1, MANY + 1)}
    indexes = shop.column("customer.email_bidx")
    plain(shop, {n: text.encode() for n, text in wanted.items()})
    dry = shop.dbops("encrypt-column", "customer.email", "--dry-run")
    assert counts(dry.json["planned"], "todo") == {"customer.email": MANY}
    answer = shop.dbops("encrypt-column", "customer.email", "--batch", "5")
    assert (answer.code, answer.err) == (0, "")
    assert counts(answer.json["columns"], "sealed") == {"customer.email": MANY}
    assert (told(shop), shop.keys_of("customer.email")) == (wanted, {NEW: MANY})
    assert shop.column("customer.email_bidx") == indexes
    again = shop.dbops("encrypt-column", "customer.email")
    assert (again.code, again.json["run"]) == (0, "")


def test_empty_text_is_plaintext_and_bytes_that_are_no_text_are_left(shop: Sealed) -> None:
    plain(shop, {1: b"", 2: "zoë@example.com".encode(), 3: b"\xff\xfe", 4: None})
    answer = shop.dbops("encrypt-column", "customer.email")
    assert answer.code == 1
    assert "1 field of customer.email left as found (org_id=2,id=3: plaintext)" in answer.err
    assert bytes(shop.column("customer.email")[2, 3]) == b"\xff\xfe"
    plain(shop, {3: None})
    found = told(shop)
    assert {n: found[n] for n in (1, 2, 3, 4)} == {1: "", 2: "zoë@example.com", 3: None, 4: None}


def test_column_that_no_model_has_is_one_line_with_the_nearest(shop: Sealed) -> None:
    answer = shop.dbops("encrypt-column", "customer.emial")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "no encrypted column 'customer.emial' (did you mean 'customer.email'?)" in answer.err


@on_postgresql
def test_text_column_is_refused_with_the_statement_that_makes_it_fit(shop: Sealed) -> None:
    shop.maintained.sql("ALTER TABLE app_user DROP COLUMN secret", "ALTER TABLE app_user ADD COLUMN secret text")
    answer = shop.dbops("encrypt-column", "app_user.secret")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "is of type text, and envelopes need bytea (in a migration: ALTER COLUMN" in answer.err
    assert shop.rotate().json["left_out"] == [answer.err.removeprefix("dbops: ").strip()]


@on_sqlite
def test_text_in_a_column_of_sqlite_is_sealed_where_it_stands(shop: Sealed) -> None:
    shop.maintained.sql(
        "UPDATE app_user SET email = 'u1@example.com', settings = '{\"b\": 1, \"a\": [2]}' WHERE id = 1"
    )
    shop.maintained.sql("UPDATE app_user SET settings = 'no document' WHERE id = 2")
    answer = shop.dbops("validate-encryption", "--fix")
    assert answer.code == 1
    use_keyring(BY_BOTH)
    with Session(shop.engine) as session:
        user = session.get(User, 1)
        assert user is not None
        assert (user.email, user.settings) == ("u1@example.com", {"a": [2], "b": 1})
    use_keyring(None)
    assert shop.column("app_user.settings")[2,] == "no document"


def test_fix_mends_what_it_knows_and_leaves_what_it_would_have_to_guess(shop: Sealed) -> None:
    before = {n: bytes(value) for (n,), value in shop.column("app_user.secret").items()}
    sealed, place = before[7], ("app_user", "secret")
    bad = {
        3: sealed[:-1] + bytes([sealed[-1] ^ 1]), 4: before[4][:-3], 5: forged(b"x", place, sealed_by="stranger"),
        6: b"\xda" + before[6][1:],
    }  # fmt: skip
    email = bytes(shop.column("app_user.email")[3,])
    with shop.engine.begin() as connection:
        for number, value in {**bad, 2: b"plain"}.items():
            connection.execute(update(USER).where(USER.c.id == number).values(secret=value))
        connection.execute(update(USER).where(USER.c.id == 1).values(email_bidx=b"wrong"))
        connection.execute(update(CUSTOMER).where(CUSTOMER.c.id == 1).values(email_bidx=None))
        connection.execute(update(CUSTOMER).where(CUSTOMER.c.id == 2).values(email=None))
    wanted = told(shop)
    text = shop.maintained.project.dbops("compliance", "validate-encryption", "--fix", "--env", "staging")
    assert text.code == 1
    assert f"app_user.secret                {MANY - 4} sealed, 2 altered, 1 truncated, 1 unknown key" in text.out
    assert shop.keys_of("app_user.email", "customer.email") == {NEW: 2 * MANY - 1}
    assert bytes(shop.column("app_user.email")[3,]) != email
    assert {n: bytes(value) for (n,), value in shop.column("app_user.secret").items() if n in bad} == bad
    assert told(shop) == wanted
    kept = {name: shop.column(name) for name in ("app_user.email", "app_user.secret", "customer.email")}
    answer = shop.dbops("validate-encryption", "--fix")
    fixed = answer.json["fixed"]
    assert counts(fixed["columns"], "left") == {"app_user.secret": {"altered": 2, "truncated": 1, "unknown key": 1}}
    assert (counts(fixed["columns"], "sealed"), fixed["task"]) == ({}, "validate-encryption --fix")
    assert {name: shop.column(name) for name in kept} == kept
    codes = {(each["case"], finding["code"]) for each in answer.json["results"] for finding in each["findings"]}
    assert {case for case, code in codes if code == "ENC001"} == {"app_user.secret"}
    assert not {case for case, code in codes if code == "ENC002"}


def test_fix_of_one_tenant_leaves_the_others_alone(shop: Sealed) -> None:
    plan = shop.dbops("validate-encryption", "--fix", "--org", "2", "--dry-run")
    assert (plan.code, counts(plan.json["planned"], "rows")) == (
        0,
        {"customer.email": MANY // 2, "customer.iban_sealed": MANY // 2},
    )
    shop.dbops("validate-encryption", "--fix", "--org", "2")
    assert shop.keys_of("customer.email") == {NEW: MANY // 2, OLD: MANY // 2}


@pytest.mark.parametrize("option", [("--org", "2"), ("--backup",), ("--backup", "copies")])
def test_options_of_fix_are_refused_without_it(shop: Sealed, option: tuple[str, ...]) -> None:
    answer = shop.dbops("validate-encryption", *option)
    assert (answer.code, answer.err) == (
        2, f"dbops: {option[0]} goes with --fix; a validation reads all and writes nothing\n",
    )  # fmt: skip


BOTH = pytest.mark.parametrize(
    "words", [("encrypt-column", "customer.email"), ("validate-encryption", "--fix")], ids=["encrypt", "fix"]
)


@BOTH
def test_backup_holds_the_plaintext_that_was_there(shop: Sealed, own_scratch: None, words: tuple[str, ...]) -> None:
    plain(shop, {1: b"c1@example.com"})
    before = shop.column("customer.email")
    answer = shop.dbops(*words, "--backup", "copies")
    assert (answer.code, answer.err) == (0, "")
    backup = (answer.json.get("fixed") or answer.json)["backup"]
    file = Path(backup["name"])
    assert (file.parent, file.stat().st_mode & 0o777) == (shop.maintained.path / "copies", 0o600)
    assert (backup["size_bytes"], backup["is_encrypted"]) == (file.stat().st_size, False)
    assert emails_in(file, shop) == sorted(bytes(value) for value in before.values())
    assert bytes(shop.column("customer.email")[2, 1])[2:6].hex() == NEW
    begun = shop.maintained.rows(f"SELECT detail FROM {JOURNAL[shop.dialect]} WHERE event = 'sealing'")
    assert [json.loads(row[0])["backup"] for row in begun] == [str(file)]


def test_column_that_holds_no_plaintext_is_not_copied(shop: Sealed) -> None:
    answer = shop.dbops("encrypt-column", "customer.email", "--backup", "copies")
    assert (answer.code, answer.json["backup"], (shop.maintained.path / "copies").exists()) == (0, None, False)


def emails_in(file: Path, shop: Sealed) -> list[bytes]:
    """Return the e-mail addresses of customers as a copy holds them."""
    if shop.dialect == "sqlite":
        with closing(sqlite3.connect(file)) as connection:
            return sorted(bytes(row[0]) for row in connection.execute("SELECT email FROM customer"))
    tool = find_dump_tool(0).path.with_name("pg_restore")
    sql = subprocess.run([tool, "-a", "-t", "customer", "-f", "-", file], capture_output=True, text=True, check=True)
    names, *rows = sql.stdout.partition("COPY ")[2].partition("\\.\n")[0].splitlines()
    place = names.partition("(")[2].partition(")")[0].split(", ").index("email")
    return sorted(bytes.fromhex(row.split("\t")[place].removeprefix("\\\\x")) for row in rows)


@BOTH
def test_without_a_backup_that_holds_nothing_is_written(
    shop: Sealed, own_scratch: None, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain(shop, {1: b"c1@example.com"})
    before = {name: shop.column(name) for name in ("app_user.email", "customer.email", "customer.email_bidx")}
    product = copying_for(shop.dialect)
    read = type(product).read_copy

    def with_other_fields(self: object, *asked: object, **more: Any) -> Any:
        return (*read(self, *asked, **more)[:-1], (("no such answer",),))

    monkeypatch.setattr(type(product), "read_copy", with_other_fields)
    answer = shop.dbops(*words, "--backup", "copies")
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert "does not hold what the database did, by: SELECT" in answer.err
    assert {name: shop.column(name) for name in before} == before
    assert list((shop.maintained.path / "copies").iterdir()) == []
    with pytest.raises(Exception, match=JOURNAL[shop.dialect]):
        shop.events()


def test_python_api_does_the_same(shop: Sealed, own_scratch: None, tmp_path: Path) -> None:
    plain(shop, {1: b"c1@example.com"})
    copies = tmp_path / "copies of the api"
    with ComplianceManager("staging") as compliance:
        encrypted = compliance.encrypt_column("customer.email", backup=copies)
        rotated = compliance.rotate_key("2026", org="1")
        fixed = compliance.fix_encryption(backup=copies)
        report = compliance.validate_encryption()
    assert [(each.column, each.sealed) for each in encrypted.columns] == [("customer.email", 1)]
    assert sum(each.sealed for each in rotated.columns) == MANY // 2
    assert {each.column: each.sealed for each in fixed.columns}["app_user.email"] == MANY
    assert [each.shortfall for each in (encrypted, rotated, fixed)] == [None] * 3
    assert {str(result.outcome) for result in report.results} <= {"passed", "skipped"}
    backups = [each.backup.name for each in (encrypted, fixed) if each.backup is not None]
    assert backups == sorted(map(str, copies.iterdir()))
    assert len(backups) == 2
