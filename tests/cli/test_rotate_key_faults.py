"""Runs that are killed at any moment are finished by the next; readers and writers beside them never notice."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
import pytest
from sqlalchemy import bindparam, select, update

from pytest_dbops.crypto.blind_index import blind_index
from pytest_dbops.crypto.layout import Parts, split
from pytest_dbops.crypto.seal import Binding, open_field, seal
from tests.cli.sealed import BY_BOTH, CUSTOMER, NEW, Sealed
from tests.provisioning.conftest import wait_for

MANY = 600
PLACE = ("customer", "email")


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> range:
    """Seeds for the rounds of one test: one in the sample, two (of each of ten repetitions) in a full run."""
    number = request.node.callspec.params.get("fault_round")
    return range(1) if number is None else range(number * 2, number * 2 + 2)


@dataclass(slots=True)
class Beside:
    """What a reader and a writer met beside a run."""

    wanted: dict[int, str]
    problems: list[str] = field(default_factory=list)
    reads: int = 0
    writes: int = 0


@contextmanager
def application(shop: Sealed, seed: int, *, reads_plaintext: bool) -> Iterator[Beside]:
    """Read and write e-mail addresses of customers from two threads for as long as the block lasts.

    The writer changes several rows a transaction, in any order, and seals with the new key.
    """
    found = Beside({n: f"c{n}@example.com" for n in range(1, MANY + 1)})
    stop, lock = threading.Event(), threading.Lock()

    def read() -> None:
        dice = random.Random(seed)
        while not stop.is_set():
            number = dice.randrange(1, MANY + 1)
            with lock:  # no write is in flight, so that it is known what is to be read
                wanted = found.wanted[number]
                told = read_email(shop, number, reads_plaintext=reads_plaintext)
            if told != wanted:
                found.problems.append(f"{number} is {told}, not {wanted}")
            found.reads += 1

    def write() -> None:
        dice = random.Random(seed + 1)
        while not stop.is_set():
            numbers = dice.sample(range(1, MANY + 1), 3)
            with lock, shop.engine.begin() as connection:
                for number in numbers:
                    email = f"w{found.writes}-{number}@example.com"
                    store(shop, connection, number, email)
                    found.wanted[number] = email
                found.writes += 1

    def guarded(work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except Exception as err:
                found.problems.append(f"{type(err).__name__}: {err}")

        return run

    threads = [threading.Thread(target=guarded(each)) for each in (read, write)]
    for each in threads:
        each.start()
    try:
        yield found
    finally:
        stop.set()
        for each in threads:
            each.join()


ROWS: dict[int, tuple[int, str]] = {}
"""Tenant and id of each customer, as fields are bound to them."""


def read_email(shop: Sealed, number: int, *, reads_plaintext: bool) -> str:
    with shop.engine.connect() as connection:
        value = connection.scalar(select(CUSTOMER.c.email).where(CUSTOMER.c.id == number))
    assert isinstance(value, bytes)
    if reads_plaintext and not isinstance(split(value), Parts):
        return value.decode()
    tenant, row = ROWS[number]
    return open_field(BY_BOTH, PLACE, value, Binding(str(tenant), row)).decode()


def store(shop: Sealed, connection: object, number: int, email: str) -> None:
    tenant, row = ROWS[number]
    value = seal(BY_BOTH, PLACE, email.encode(), Binding(str(tenant), row))
    index = blind_index(BY_BOTH, PLACE, email, normalise="email", tenant=str(tenant))
    mine = update(CUSTOMER).where(CUSTOMER.c.id == number).values(email=bytes(value), email_bidx=bytes(index))
    connection.execute(mine)  # type: ignore[attr-defined]


def fill(shop: Sealed) -> None:
    """Put the customers back to what they were at first."""
    shop.maintained.sql("DELETE FROM customer", "DELETE FROM app_user")
    shop.fill(MANY)
    rows = shop.maintained.rows("SELECT id, org_id, CAST(public_id AS text) FROM customer")
    ROWS.update({number: (org, dashed(public)) for number, org, public in rows})


def dashed(text: str) -> str:
    from uuid import UUID

    return str(UUID(text))


def make_plain(shop: Sealed) -> None:
    emails = [{"number": number, "plain": f"c{number}@example.com".encode()} for number in range(1, MANY + 1)]
    mine = update(CUSTOMER).where(CUSTOMER.c.id == bindparam("number"))
    with shop.engine.begin() as connection:
        connection.execute(mine.values(email=bindparam("plain"), email_bidx=None), emails)


TASKS = {
    "rotate": ("rotate-key", "--new-key", "env:KEY_NEW", "--batch", "10"),
    "fix": ("validate-encryption", "--fix", "--batch", "10"),
    "encrypt": ("encrypt-column", "customer.email", "--batch", "10"),
}


@pytest.mark.fault
@pytest.mark.parametrize("task", TASKS)
def test_killed_run_is_finished_by_the_next_and_nobody_beside_it_notices(
    sealed: Sealed, rounds: range, task: str
) -> None:
    for seed in rounds:
        fill(sealed)
        if task == "encrypt":
            make_plain(sealed)
        with application(sealed, seed, reads_plaintext=task == "encrypt") as met:
            _kill(sealed, met, TASKS[task], random.Random(f"{task} {sealed.dialect} {seed}").uniform(0, 0.15))
            done = on_new(sealed)
            answer = sealed.dbops(*TASKS[task])
        assert met.problems == []
        assert (answer.code, answer.err) == (0, ""), answer.out
        assert (met.reads > 0, met.writes > 0) == (True, True)
        assert_whole(sealed, met, done)


def _kill(shop: Sealed, met: Beside, words: tuple[str, ...], after_s: float) -> None:
    """Kill a run some time after it has begun to seal."""
    with shop.start(*words) as process:
        wait_for(lambda: process.poll() is not None or bool(of_the_run(shop, met)), patience_s=60)
        with suppress(Exception):
            process.wait(timeout=after_s)
        process.kill()
        process.communicate()


def of_the_run(shop: Sealed, met: Beside) -> set[int]:
    """Return the customers whose field is on the new key, and was never written by the application."""
    return {key[1] for key in on_new(shop) if met.wanted[key[1]].startswith("c")}


def on_new(shop: Sealed) -> dict[tuple[int, int], bytes]:
    """Return the fields of customers that are on the new key."""
    try:
        held = shop.column("customer.email")
    except (sqlite3.Error, psycopg.Error):
        return {}
    return {(key[0], key[1]): bytes(value) for key, value in held.items() if bytes(value)[2:6].hex() == NEW}


def assert_whole(shop: Sealed, met: Beside, done: dict[tuple[int, int], bytes]) -> None:
    """Every field holds what it is to hold, is on the new key, and was not sealed twice; every index is its own."""
    assert shop.keys_of("customer.email") == {NEW: MANY}
    now = {key: bytes(value) for key, value in shop.column("customer.email").items()}
    told = {
        key[1]: open_field(BY_BOTH, PLACE, value, Binding(str(ROWS[key[1]][0]), ROWS[key[1]][1])).decode()
        for key, value in now.items()
    }
    assert told == met.wanted
    written = {number for number, email in met.wanted.items() if email.startswith("w")}
    assert {key for key, value in done.items() if now[key] != value} <= {key for key in now if key[1] in written}
    wanted = {
        number: bytes(blind_index(BY_BOTH, PLACE, email, normalise="email", tenant=str(ROWS[number][0])))
        for number, email in met.wanted.items()
    }
    assert {key[1]: bytes(value) for key, value in shop.column("customer.email_bidx").items()} == wanted
