"""A shop with encrypted columns on PostgreSQL or SQLite, whose fields are on an old key."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, LargeBinary, column, create_engine, insert, table
from sqlalchemy.pool import NullPool

from pytest_dbops import encrypt_rows
from pytest_dbops.core.encryption import KeyState, Purpose
from pytest_dbops.crypto.keyring import Keyring
from tests.cli.conftest import ENTRY, Answer
from tests.cli.maintained import JOURNAL, Maintained, environment
from tests.crypto.rings import key, ring
from tests.crypto.shop import CUSTOMERS, USERS, Base, Customer, User, next_id

MODELS = (Path(__file__).parents[1] / "crypto/shop.py").read_text(encoding="utf-8")
PROJECT = '[project]\nmetadata = "shop_models:Base"\n'
KEYS = """
[[key]]
name     = "{name}"
source   = "env:KEY_{variable}"
purposes = ["{purpose}"]
state    = "{state}"
"""
OLD, NEW = key("old").record.id, key("new").record.id
USER = table("app_user", column("id"), *(column(name, LargeBinary) for name in ("email", "email_bidx", "secret")))
CUSTOMER = table(
    "customer", column("org_id"), column("id"), column("public_id"),
    *(column(name, LargeBinary) for name in ("email", "email_bidx")),
)  # fmt: skip
BY_OLD = Keyring([key("old"), key("index", purpose=Purpose.INDEX)])
BY_BOTH = ring(key("new"), key("old", KeyState.RETIRED))


@dataclass(frozen=True, slots=True)
class Sealed:
    """A project whose environment `staging` has a shop."""

    maintained: Maintained
    engine: Engine

    @property
    def dialect(self) -> str:
        """The product."""
        return self.maintained.dialect

    def keys(self, old: KeyState = KeyState.RETIRED, new: KeyState = KeyState.ACTIVE) -> None:
        """Write dbops.toml with two keys of data and one of indexes."""
        self.maintained.configure(
            PROJECT
            + KEYS.format(name="2024", variable="OLD", purpose="data", state=old.value)
            + KEYS.format(name="2026", variable="NEW", purpose="data", state=new.value)
            + KEYS.format(name="index", variable="INDEX", purpose="blind-index", state="active")
        )

    def fill(self, number: int) -> None:
        """Store users and customers of two tenants, sealed by the old key."""
        users = [{"id": n, "email": f"u{n}@example.com", "secret": b"s%d" % n} for n in range(1, number + 1)]
        customers = [
            {"org_id": 1 + n % 2, "id": n, "public_id": next_id(), "email": f"c{n}@example.com", "iban_sealed": None}
            for n in range(1, number + 1)
        ]
        with self.engine.begin() as connection:
            connection.execute(insert(USERS), list(encrypt_rows(User, users, keyring=BY_OLD)))
            connection.execute(insert(CUSTOMERS), list(encrypt_rows(Customer, customers, keyring=BY_OLD)))

    def dbops(self, *words: str) -> Answer:
        """Call `dbops compliance` in this process, for JSON."""
        return self.maintained.project.dbops("compliance", *words, "--env", "staging", "--format", "json")

    def rotate(self, *words: str) -> Answer:
        """Rotate to the new key."""
        return self.dbops("rotate-key", "--new-key", "env:KEY_NEW", *words)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start `dbops compliance` in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-c", ENTRY, "compliance", *words, "--env", "staging", "--format", "json"],
            cwd=self.maintained.path, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def column(self, name: str) -> dict[tuple[Any, ...], Any]:
        """Return what a column holds, by the key of the row."""
        found, _, field = name.partition(".")
        keys = "id" if found == "app_user" else "org_id, id"
        rows = self.maintained.rows(f"SELECT {field}, {keys} FROM {found}")
        return {tuple(row[1:]): row[0] for row in rows}

    def keys_of(self, *names: str) -> Counter[str]:
        """Return how many fields of some columns name each key."""
        values = (value for name in names for value in self.column(name).values())
        return Counter(bytes(value)[2:6].hex() for value in values if value is not None)

    def events(self) -> list[str]:
        """Return the events of the journal."""
        rows = self.maintained.rows(f"SELECT event FROM {JOURNAL[self.dialect]} ORDER BY id")
        return [row[0] for row in rows]


KEPT: list[str] = []
"""What the first of these projects was told of its models, so that the others need not import them."""


def sealed_of(maintained: Maintained) -> Sealed:
    """Return the shop of a project, empty."""
    maintained.project.write("shop_models.py", MODELS)
    if KEPT:
        maintained.project.write(".dbops/encrypted-columns.json", KEPT[0])
    url = maintained.url.replace("postgresql://", "postgresql+psycopg://")
    made = Sealed(maintained, create_engine(url, poolclass=NullPool))
    Base.metadata.create_all(made.engine)
    if maintained.dialect == "sqlite":
        maintained.file.chmod(0o600)
    made.keys()
    return made


def counts(planned: Iterable[dict[str, Any]], name: str) -> dict[str, int]:
    """Return one number of each column that is not 0."""
    return {each["column"]: each[name] for each in planned if each[name]}


def keep(sealed: Sealed) -> None:
    """Keep what a project was told of its models, if they are still those."""
    kept = sealed.maintained.path / ".dbops/encrypted-columns.json"
    is_ours = (sealed.maintained.path / "shop_models.py").read_text(encoding="utf-8") == MODELS
    if not KEPT and is_ours and kept.exists():
        KEPT.append(kept.read_text(encoding="utf-8"))
