"""Blind indexes on their way to another key, killed at any moment: programs beside find every row by its index."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pytest_dbops import in_tenant, use_keyring
from pytest_dbops.core.encryption import KeyState, Purpose
from pytest_dbops.crypto.blind_index import blind_index
from pytest_dbops.crypto.keyring import Keyring
from tests.cli.followed import COMING, follow, keyring, keys_of, programs_models, unique_indexes
from tests.cli.sealed import Sealed
from tests.crypto.rings import key
from tests.provisioning.conftest import wait_for

MANY = 300
OLDER, NEWER = keyring(KeyState.PRE_ACTIVE), keyring(KeyState.ACTIVE)
"""The keys of programs that were started before the swap, and of those that were started behind it."""

RUN = ("rotate-key", "--new-key", "coming", "--batch", "5")
ENOUGH = 5
Found = dict[int, str]


@dataclass(slots=True)
class Programs:
    """Programs that read and write e-mail addresses beside a run, and what they met.

    keyrings: what they were started with. users, customers: the addresses as they were last written, by number.
    """

    shop: Sealed
    models: Any
    keyrings: tuple[Keyring, ...] = (OLDER,)
    users: Found = field(default_factory=lambda: {n: f"u{n}@example.com" for n in range(1, MANY + 1)})
    customers: Found = field(default_factory=lambda: {n: f"c{n}@example.com" for n in range(1, MANY + 1)})
    problems: list[str] = field(default_factory=list)
    reads: int = 0
    writes: int = 0
    refused: int = 0

    def read(self, dice: random.Random) -> None:
        """Ask for a user and a customer by their address, and for one that nobody has."""
        user, models = self.models.User, self.models
        number, other = dice.choice(sorted(self.users)), dice.choice(sorted(self.customers))
        wanted, of_other = self.users[number], self.customers[other]
        address = in_tenant(tenant_of(other), of_other)
        with Session(self.shop.engine) as session:
            told = [(one.id, one.email) for one in session.scalars(select(user).where(user.email == wanted.upper()))]
            asked = select(models.Customer).where(models.Customer.email == address)
            told += [(one.id, one.email) for one in session.scalars(asked)]
            told += [(one.id, one.email) for one in session.scalars(select(user).where(user.email == "no@example.com"))]
        if told != [(number, wanted), (other, of_other)]:
            self.problems.append(f"asked for {wanted} and {of_other}, and told {told}")
        self.reads += 1

    def write(self, dice: random.Random) -> None:
        """Change some addresses, take one user away and let another come, and try one that is taken."""
        name = f"w{self.writes}"
        gone, *changed = dice.sample(sorted(self.users), 3)
        users = {**self.users, max(self.users) + 1: f"{name}-new@example.com"}
        users |= {number: f"{name}-{number}@example.com" for number in changed}
        del users[gone]
        customers = {number: f"{name}-c{number}@example.com" for number in dice.sample(sorted(self.customers), 2)}
        with Session(self.shop.engine) as session, session.begin():
            session.delete(session.get_one(self.models.User, gone))
            session.add(self.models.User(id=max(users), email=users[max(users)]))
            for number in changed:
                session.get_one(self.models.User, number).email = users[number]
            for number, email in customers.items():
                session.get_one(self.models.Customer, (tenant_of(number), number)).email = email
        self.users, self.customers = users, {**self.customers, **customers}
        self._take(changed[0], users[changed[1]])
        self.writes += 1

    def _take(self, number: int, taken: str) -> None:
        """Let a user have the address of another, which has to be refused."""
        try:
            with Session(self.shop.engine) as session, session.begin():
                session.get_one(self.models.User, number).email = taken
        except IntegrityError:
            self.refused += 1
        else:
            self.problems.append(f"two users have {taken}")

    def wait_for_more(self) -> None:
        """Wait until they have read and written some times more."""
        reads, writes = self.reads + ENOUGH, self.writes + ENOUGH
        wait_for(lambda: bool(self.problems) or (self.reads >= reads and self.writes >= writes), patience_s=60)


@contextmanager
def started(programs: Programs, seed: int) -> Iterator[None]:
    """Let them read and write from two threads for as long as the block lasts."""
    stop, one_at_a_time = threading.Event(), threading.Lock()

    def repeat(work: Callable[[random.Random], None], dice: random.Random) -> None:
        try:
            while not stop.is_set():
                with one_at_a_time:  # no write is in flight, so that it is known what is to be read
                    use_keyring(dice.choice(programs.keyrings))
                    work(dice)
        except Exception as err:
            programs.problems.append(f"{type(err).__name__}: {err}")

    threads = [
        threading.Thread(target=repeat, args=(work, random.Random(f"{seed} {work.__name__}")))
        for work in (programs.read, programs.write)
    ]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        stop.set()
        for each in threads:
            each.join()
        use_keyring(None)


def tenant_of(customer: int) -> int:
    return 1 + customer % 2


def filled(shop: Sealed, name: str) -> dict[tuple[Any, ...], bytes]:
    """Return the second index of a table where there is one; nothing while the database is taken."""
    try:
        return {row: bytes(value) for row, value in shop.column(f"{name}.email_bidx2").items() if value is not None}
    except (sqlite3.Error, psycopg.Error):
        return {}


def has_unique(shop: Sealed) -> bool:
    with suppress(sqlite3.Error, psycopg.Error):
        return "by_email" in unique_indexes(shop)
    return False


def by_the_run(programs: Programs, name: str) -> bool:
    """Whether a row has its second index that no program has written."""
    wanted, first = {"app_user": (programs.users, "u"), "customer": (programs.customers, "c")}[name]
    return any(wanted.get(row[-1], "").startswith(first) for row in filled(programs.shop, name))


MOMENTS: dict[str, Callable[[Programs], bool]] = {
    "users are filled": lambda programs: by_the_run(programs, "app_user"),
    "the index is made unique": lambda programs: has_unique(programs.shop),
    "customers are filled": lambda programs: by_the_run(programs, "customer"),
}


def kill(programs: Programs, dice: random.Random) -> None:
    """Kill a run a moment after something has begun."""
    begun, after_s = MOMENTS[dice.choice(list(MOMENTS))], dice.uniform(0, 0.1)
    with programs.shop.start(*RUN) as process:
        wait_for(lambda: process.poll() is not None or begun(programs), patience_s=60)
        with suppress(Exception):
            process.wait(timeout=after_s)
        process.kill()
        process.communicate()


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> range:
    """Seeds for the rounds of one test: one in the sample, three of each of ten repetitions in a full run."""
    number = request.node.callspec.params.get("fault_round")
    return range(1) if number is None else range(number * 3, number * 3 + 3)


@pytest.mark.fault
def test_every_row_is_found_by_its_index_while_a_run_is_killed_finished_and_its_key_takes_over(
    sealed: Sealed, monkeypatch: pytest.MonkeyPatch, rounds: range
) -> None:
    models = programs_models(monkeypatch)
    follow(sealed)
    config = (sealed.maintained.path / "dbops.toml").read_text(encoding="utf-8")
    for seed in rounds:
        sealed.maintained.sql(
            "DELETE FROM customer", "DELETE FROM app_user", "DROP INDEX IF EXISTS by_email"
        )  # fmt: skip
        sealed.maintained.project.write("dbops.toml", config)
        sealed.fill(MANY)
        programs = Programs(sealed, models)
        with started(programs, seed):
            kill(programs, random.Random(f"{sealed.dialect} {seed}"))
            left = {name: MANY - len(filled(sealed, name)) for name in ("app_user", "customer")}
            answer = sealed.dbops("rotate-key", "--new-key", "coming")
            assert (answer.code, answer.err) == (0, ""), answer.out
            assert sealed.dbops("keys", "retire", "index").code == 0
            programs.keyrings = (OLDER, NEWER)
            programs.wait_for_more()
            programs.keyrings = (NEWER,)
            programs.wait_for_more()
        assert programs.problems == []
        assert (programs.reads > 0, programs.refused) == (True, programs.writes)
        # What the killed run and the programs had written is not written again.
        assert {
            each["column"]: each["sealed"] <= left[each["column"].partition(".")[0]] for each in answer.json["columns"]
        } == {"app_user.email": True, "customer.email": True}
        assert_whole(programs)


def assert_whole(programs: Programs) -> None:
    """Each row has both indexes, each that of its value and under its own key."""
    shop = programs.shop
    users = {(number,): index_of("app_user", email) for number, email in programs.users.items()}
    customers = {
        (tenant_of(number), number): index_of("customer", email, tenant=str(tenant_of(number)))
        for number, email in programs.customers.items()
    }
    for name, wanted in (("app_user", users), ("customer", customers)):
        first, second = (
            {row: bytes(value) for row, value in shop.column(f"{name}.{column}").items()}
            for column in ("email_bidx", "email_bidx2")
        )
        assert first == {row: one for row, (one, _) in wanted.items()}
        assert second == {row: other for row, (_, other) in wanted.items()}
    assert [keys_of(shop, f"{name}.email_bidx2") for name in ("app_user", "customer")] == [{COMING}, {COMING}]
    assert "by_email" in unique_indexes(shop)
    results = shop.dbops("validate-encryption").json["results"]
    assert [each["case"] for each in results if each["code"] in ("ENC001", "ENC002") and each["findings"]] == []


def index_of(name: str, email: str, *, tenant: str = "") -> tuple[bytes, bytes]:
    """Return the index of an address under the key that goes, and under the one that comes."""
    one, other = (
        bytes(blind_index(Keyring([key(each, purpose=Purpose.INDEX)]), (name, "email"), email, normalise="email",
                          tenant=tenant))
        for each in ("index", "stranger")
    )  # fmt: skip
    return one, other
