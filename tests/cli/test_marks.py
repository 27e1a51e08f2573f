"""Marks of encrypted columns in the database: who writes them, what a gate without models does by them."""

from __future__ import annotations

import json

import pytest

from pytest_dbops.cli.compliance import JSON
from tests.cli.migrations import Migrations
from tests.cli.sealed import CUSTOMER, KEYS, OLD, Sealed
from tests.cli.test_maintenance_plan import on_sqlite

COLUMNS = ["app_user.email", "app_user.secret", "app_user.settings", "customer.email", "customer.iban_sealed"]
TABLE = {"postgresql": "dbops.encrypted_column", "sqlite": "dbops_encrypted_column"}
MODEL = "    secret: Mapped[bytes | None] = mapped_column(EncryptedBytes())"


@pytest.fixture
def shop(sealed: Sealed) -> Sealed:
    """A shop whose fields are on the old key, and with nothing marked."""
    sealed.fill(4)
    return sealed


def marked(shop: Sealed) -> list[str]:
    return [f"{row[0]}.{row[1]}" for row in shop.maintained.rows(
        f"SELECT table_name, column_name FROM {TABLE[shop.dialect]} ORDER BY 1, 2"
    )]  # fmt: skip


def without_models(shop: Sealed) -> None:
    config = shop.maintained.path / "dbops.toml"
    config.write_text(config.read_text(encoding="utf-8").replace('metadata = "shop_models:Base"', ""), encoding="utf-8")


def found(shop: Sealed) -> dict[tuple[str, str], tuple[str, list[str]]]:
    """Return outcome and messages of each item of encryption, by code and case."""
    results = shop.dbops("validate-encryption").json["results"]
    return {
        (each["code"], each["case"]): (each["outcome"], [f"{f['subject']}: {f['message']}" for f in each["findings"]])
        for each in results
    }


def test_rotation_marks_the_columns_and_a_gate_without_models_opens_them_as_one_item(shop: Sealed) -> None:
    shop.rotate("--dry-run")
    with pytest.raises(Exception, match="encrypted_column"):
        marked(shop)
    shop.rotate()
    assert marked(shop) == COLUMNS
    with shop.engine.begin() as connection:
        connection.execute(CUSTOMER.update().where(CUSTOMER.c.id == 3).values(email=b"plain"))
    without_models(shop)
    told = found(shop)
    outcome, messages = told["ENC001", ""]
    assert (outcome, messages) == ("failed", ["customer.email: 1 of 4 fields is not encrypted (org_id=2,id=3)"])
    assert told["ENC002", ""] == ("passed", [])
    assert told["ENC005", ""] == ("passed", [])


def test_database_without_marks_and_project_without_models_are_skipped(shop: Sealed) -> None:
    without_models(shop)
    assert {outcome for outcome, _ in found(shop).values()} == {"skipped"}


def test_mark_is_written_by_hand_once_and_says_what_it_would_do(shop: Sealed) -> None:
    planned = shop.dbops("mark", "--dry-run")
    assert set(planned.json) == set(JSON["mark"].keys)
    assert (planned.code, planned.json["written"]) == (0, COLUMNS)
    assert shop.dbops("mark").json["written"] == COLUMNS == marked(shop)
    assert shop.dbops("mark").json == {"environment": "staging", "written": [], "removed": []}


def test_stale_marks_are_told_and_mended(shop: Sealed) -> None:
    shop.dbops("mark")
    models = (shop.maintained.path / "shop_models.py").read_text(encoding="utf-8")
    changed = models.replace(MODEL, "    secret: Mapped[bytes | None]").replace(
        'iban = encrypted(EncryptedText(place="customer.iban")', 'iban = encrypted(EncryptedText(place="c.iban")'
    )
    shop.maintained.project.write("shop_models.py", changed)
    table = TABLE[shop.dialect]
    shop.maintained.sql(
        f"DELETE FROM {table} WHERE column_name = 'settings'",
        f"INSERT INTO {table} (table_schema, table_name, column_name, declared)"
        f" SELECT '', 'gone', column_name, replace(declared, 'app_user', 'gone') FROM {table}"
        " WHERE table_name = 'app_user' AND column_name = 'email'",
    )
    outcome, messages = found(shop)["ENC005", ""]
    assert outcome == "failed"
    assert [message.partition(" since ")[0] for message in messages] == [
        "app_user.secret: is marked as encrypted",
        "app_user.settings: is encrypted by its model and not marked; a gate without models does not see it",
        "customer.iban_sealed: is marked otherwise than its model says: place",
        "gone.email: is marked as encrypted",
    ]
    answer = shop.dbops("mark", "--forget", "app_user.email")
    assert (answer.code, answer.err) == (
        2, "dbops: --forget 'app_user.email' is no marked column that the models left (those are: app_user.secret)\n",
    )  # fmt: skip
    answer = shop.dbops("mark", "--forget", "app_user.secret")
    assert answer.json["written"] == ["app_user.settings", "customer.iban_sealed"]
    assert answer.json["removed"] == ["app_user.secret", "gone.email"]
    assert found(shop)["ENC005", ""] == ("passed", [])


@on_sqlite
def test_mark_that_cannot_be_understood_is_inconclusive_and_no_pass(shop: Sealed) -> None:
    shop.dbops("mark")
    shop.maintained.sql("UPDATE dbops_encrypted_column SET declared = '{}' WHERE column_name = 'secret'")
    without_models(shop)
    told = found(shop)
    assert {outcome for outcome, _ in told.values()} == {"inconclusive"}
    reasons = {each["reason"] for each in shop.dbops("validate-encryption").json["results"]}
    assert reasons == {"the mark of app_user.secret cannot be understood (run: dbops compliance mark)"}


@on_sqlite
def test_policy_forbids_to_mark(shop: Sealed) -> None:
    config = shop.maintained.path / "dbops.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("may_write = true", "may_write = false"))
    answer = shop.dbops("mark")
    assert (answer.code, "nothing may be written to 'staging'" in answer.err) == (4, True)


def test_uses_of_a_key_that_nears_its_limit_are_a_finding(shop: Sealed) -> None:
    use = {f"{OLD}/customer/email/1": 2**32 * 9 // 10 + 1}
    if shop.dialect == "postgresql":
        shop.maintained.sql(
            "CREATE SCHEMA IF NOT EXISTS dbops",
            "CREATE TABLE dbops.key_use (data_key text PRIMARY KEY, reserved bigint NOT NULL)",
            *(f"INSERT INTO dbops.key_use VALUES ('{name}', {number})" for name, number in use.items()),
        )
    else:
        shop.maintained.file.with_name("target.sqlite3.key-use.json").write_text(json.dumps(use), encoding="utf-8")
    shop.maintained.configure('[project]\nmetadata = "shop_models:Base"\n' + "".join(
        KEYS.format(name=name, variable=variable, purpose=purpose, state="active")
        for name, variable, purpose in (("2024", "OLD", "data"), ("index", "INDEX", "blind-index"))
    ))  # fmt: skip
    outcome, (message,) = found(shop)["ENC004", ""]
    assert (outcome, message) == (
        "failed",
        f"data key {OLD}/customer/email/1: has sealed 3865470567 fields at most, 90 % of 4294967296, the limit of one"
        " key",
    )


MODELS = """
from pytest_dbops import EncryptedText
from sqlalchemy import Column, Integer, MetaData, Table
metadata = MetaData()
Table("letter", metadata, Column("id", Integer, primary_key=True), Column("text", EncryptedText()))
Table("later", metadata, Column("id", Integer, primary_key=True), Column("text", EncryptedText()))
"""
SEEDS = """
from pytest_dbops import seeder

@seeder("numbers", tables=("t_r2",))
def numbers(context):
    context.insert("t_r2", [{"id": 1}])
"""


def test_deploy_and_seeds_mark_what_is_there(migrations: Migrations, dialect: str) -> None:
    project, table = migrations.project, TABLE[dialect]
    project.write("letter_models.py", MODELS + 'Table("t_r2", metadata, Column("id", Integer, primary_key=True))\n')
    project.write("seeds/__init__.py", SEEDS)
    config = (migrations.path / "dbops.toml").read_text(encoding="utf-8")
    wanted = '[project]\nmetadata = "letter_models:metadata"\nseeders = "seeds"\n'
    project.write("dbops.toml", config.replace("[project]\n", wanted))
    columns = 'sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.LargeBinary())'
    migrations.revision("r1", upgrade=f'op.create_table("letter", {columns})')
    migrations.revision("r2", "r1")
    assert migrations.dbops("deploy", "--env", "staging").code == 0
    marked = f"SELECT table_name, column_name FROM {table}"
    assert migrations.rows(marked) == [("letter", "text")]
    migrations.sql(f"DELETE FROM {table}")
    answer = project.dbops("seed", "all", "--env", "staging", "--mark")
    assert (answer.code, answer.err) == (0, "")
    assert migrations.rows(marked) == [("letter", "text")]
