"""The shop on its way to another key of blind indexes: a second column beside each, written by its programs."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from pytest_dbops.core.encryption import KeyState, Purpose
from pytest_dbops.crypto.keyring import Keyring
from tests.cli.sealed import KEYS, MODELS, PROJECT, Sealed
from tests.crypto.rings import key

INDEX, COMING = key("index").record.id, key("stranger").record.id
SECOND = "    email_bidx2: Mapped[bytes | None] = mapped_column(BlindIndex({more}, follows='email_bidx'))\n"
OF_USER = SECOND.format(more="'email', normalise='email'")
OF_CUSTOMER = SECOND.format(more="'email', normalise='email', tenant='org_id'")
UNIQUE = '    __table_args__ = (Index("by_email", "email_bidx2", unique=True),)\n'
FOLLOWED = (
    MODELS.replace("from sqlalchemy import LargeBinary", "from sqlalchemy import Index, LargeBinary")
    .replace("    settings: Mapped", f"{OF_USER}{UNIQUE}    settings: Mapped", 1)
    .replace("    iban = encrypted", f"{OF_CUSTOMER}    iban = encrypted")
)


def programs_models(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the models of a program that writes both columns."""
    module: Any = ModuleType("followed_models")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(FOLLOWED, "followed_models.py", "exec"), module.__dict__)  # text of this suite
    return module


def keyring(coming: KeyState) -> Keyring:
    """Return the keys of a program: of indexes, one goes and one comes."""
    is_active = coming is KeyState.ACTIVE
    return Keyring([
        key("old"),
        key("index", KeyState.RETIRED if is_active else KeyState.ACTIVE, Purpose.INDEX),
        key("stranger", coming, Purpose.INDEX),
    ])  # fmt: skip


def follow(shop: Sealed) -> None:
    """Give a shop the second column, empty, and a second key of indexes that waits."""
    shop.maintained.project.write("shop_models.py", FOLLOWED)
    kind = "bytea" if shop.dialect == "postgresql" else "BLOB"
    shop.maintained.sql(*(f"ALTER TABLE {name} ADD COLUMN email_bidx2 {kind}" for name in ("app_user", "customer")))
    shop.maintained.configure(PROJECT + "".join(
        KEYS.format(name=name, variable=variable, purpose=purpose, state=state)
        for name, variable, purpose, state in (
            ("2024", "OLD", "data", "active"), ("index", "INDEX", "blind-index", "active"),
            ("coming", "STRANGER", "blind-index", "pre-active"),
        )
    ))  # fmt: skip


def keys_of(shop: Sealed, name: str) -> set[str]:
    """Return the keys of the indexes that a column holds."""
    return {bytes(value)[1:5].hex() for value in shop.column(name).values() if value is not None}


def unique_indexes(shop: Sealed) -> set[str]:
    """Return the names of the unique indexes, valid or not."""
    of = {"postgresql": "pg_indexes WHERE indexdef LIKE 'CREATE UNIQUE%'", "sqlite": "pragma_index_list('app_user')"}
    name = {"postgresql": "indexname", "sqlite": "name"}[shop.dialect]
    return {row[0] for row in shop.maintained.rows(f"SELECT {name} FROM {of[shop.dialect]}")}
