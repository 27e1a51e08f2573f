"""`dbops compliance`: fields are proved and keys are told, without a secret."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, insert
from sqlalchemy.pool import NullPool

from pytest_dbops import encrypt_rows
from pytest_dbops.core.encryption import Purpose
from pytest_dbops.crypto.keyring import Keyring
from tests.cli.conftest import Project
from tests.crypto.rings import key, root
from tests.crypto.shop import USERS, Base, User
from tests.fix_postgres import ScratchDatabase

MODELS = (Path(__file__).parents[1] / "crypto/shop.py").read_text(encoding="utf-8")
KEYS = """
[[key]]
name = "2026"
source = "env:KEY_2026"
activated = 2026-02-01

[[key]]
name = "2024"
source = "env:KEY_2024"
purposes = ["data"]
state = "retired"
retired = 2026-02-01
"""


@pytest.fixture
def shop(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with three well encrypted users, and the key to them."""
    project.write("shop_models.py", MODELS)
    config = (project.path / "dbops.toml").read_text(encoding="utf-8")
    project.write("dbops.toml", config.replace("[project]\n", '[project]\nmetadata = "shop_models:Base"\n'))
    file = project.path / "staging.sqlite3"
    file.unlink()
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    Base.metadata.create_all(engine)
    rows = [{"id": number, "email": f"hidden-words-{number}@example.com"} for number in (1, 2, 3)]
    keyring = Keyring([key("new", purpose=each) for each in Purpose])
    with engine.begin() as connection:
        connection.execute(insert(USERS), list(encrypt_rows(User, rows, keyring=keyring)))
    file.chmod(0o600)
    monkeypatch.setenv("ENCRYPTION_KEY", f"hex:{root('new').hex()}")
    return project


def test_sound_fields_are_proved_and_a_plain_one_blocks(shop: Project) -> None:
    answer = shop.dbops("compliance", "validate-encryption", "--env", "staging", "--format", "json")
    assert (answer.code, answer.err) == (0, "")
    codes = {each["code"] for each in answer.json["results"]}
    assert codes == {"ENC001", "ENC002", "ENC003", "ENC004", "ENC005"}
    shop.sql("UPDATE app_user SET email = 'hidden-words' WHERE id = 2")
    answer = shop.dbops("compliance", "validate-encryption", "--env", "staging")
    assert answer.code == 1
    assert "1 of 3 fields is not encrypted (id=2" in " ".join(answer.out.split())
    assert "hidden-words" not in answer.out + answer.err


def test_keys_are_listed_with_their_ids(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.append(KEYS)
    for name in ("new", "old"):
        monkeypatch.setenv({"new": "KEY_2026", "old": "KEY_2024"}[name], f"hex:{root(name).hex()}")
    answer = project.dbops("compliance", "keys", "list", "--env", "staging")
    new, old = key("new").record.id, key("old").record.id
    assert (answer.code, answer.err) == (0, "")
    assert [line.split() for line in answer.out.splitlines()] == [
        ["id", "name", "purpose", "state", "since", "tenant"],
        [new, "2026", "data", "active", "2026-02-01", "-"],
        [new, "2026", "blind-index", "active", "2026-02-01", "-"],
        [old, "2024", "data", "retired", "2026-02-01", "-"],
    ]
    told = project.dbops("compliance", "keys", "list", "--env", "staging", "--format", "json").json
    assert told[2] == {"id": old, "name": "2024", "purpose": "data", "state": "retired", "tenant": "", "created": None,
                       "activated": None, "retired": "2026-02-01"}  # fmt: skip


def test_keys_that_cannot_be_read_here_are_told_as_far_as_known(project: Project) -> None:
    project.append(KEYS)
    answer = project.dbops("compliance", "keys", "list", "--env", "staging")
    assert answer.code == 0
    assert answer.out.splitlines()[1].split()[:2] == ["-", "2026"]
    assert answer.out.splitlines()[-1].startswith(
        "not read here: key '2026': variable KEY_2026 (source = \"env:KEY_2026\""
    )


def test_without_keys_there_is_nothing_to_list(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENCRYPTION_KEY", raising=False)
    answer = project.dbops("compliance", "keys", "list", "--env", "staging")
    assert (answer.code, answer.out) == (5, "")
    assert "has no keys (add [[key]] to dbops.toml, or set ENCRYPTION_KEY)" in answer.err


def test_table_of_uses_is_made_of_what_is_printed(project: Project, postgres_database: ScratchDatabase) -> None:
    answer = project.dbops("compliance", "keys", "table", "--role", 'odd "role')
    assert 'TO "odd ""role";' in answer.out
    answer = project.dbops("compliance", "keys", "table")
    with psycopg.connect(postgres_database.url, autocommit=True) as connection:
        connection.execute(answer.out)  # type: ignore[arg-type]  # the text of the command
        assert connection.execute("SELECT count(*) FROM dbops.key_use").fetchone() == (0,)
