"""Sealing while others write, twice at once, and killed in the middle: every entry is sealed once, in one chain."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pytest_dbops.core.audit.sealing import seal_entries
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.operations.audit.seal import seal_all
from tests.audit.conftest import Audited
from tests.provisioning.conftest import wait_for

postgresql_only = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


@contextmanager
def in_threads(*works: Callable[[], None]) -> Iterator[list[BaseException]]:
    """Run each in a thread of its own, until the block and all of them have ended; yields what they raised."""
    raised: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as err:
            raised.append(err)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield raised
    finally:
        for thread in threads:
            thread.join()


def writing(audited: Audited, tenant: int, rounds: int) -> Callable[[], None]:
    """Return what writes two rows a transaction, and keeps one transaction in four open for a moment."""

    def work() -> None:
        chance = random.Random(tenant)
        with audited.connect() as execute:
            for number in range(rounds):
                execute("BEGIN" if audited.dialect == "postgresql" else "BEGIN IMMEDIATE")
                execute(f"INSERT INTO invoice VALUES ({tenant}, {number}, 1, 'a', 0)")
                if chance.random() < 0.25:
                    time.sleep(0.002)  # the order of ids and of commits is to differ
                execute(f"UPDATE invoice SET net = 2 WHERE org_id = {tenant} AND id = {number}")
                execute("ROLLBACK" if chance.random() < 0.1 else "COMMIT")

    return work


def test_writers_and_two_sealers_at_once_leave_one_whole_chain(audited: Audited) -> None:
    writers = [writing(audited, tenant, 40) for tenant in (1, 2, 3)]
    done = threading.Event()
    sealed: list[int] = []

    def sealing() -> None:
        with audited.writer() as writer:
            while not done.is_set():
                sealed.append(seal_all(writer, wait_s=1, at_once=7)[1])

    with in_threads(sealing, sealing) as failed_sealers:
        with in_threads(*writers) as failed_writers:
            pass
        done.set()
    assert (failed_sealers, failed_writers) == ([], [])
    with audited.writer() as writer:
        rest = seal_all(writer, wait_s=60)[1]
    found = audited.verified()
    entries = len(audited.entries("id"))
    assert (found.is_whole, found.entries, found.waiting.entries) == (True, entries, 0)
    assert sum(sealed) + rest == entries > 150


@postgresql_only
def test_entry_of_an_open_transaction_is_waited_for_and_not_passed_over(audited: Audited) -> None:
    with audited.connect() as slow, audited.writer() as writer:
        slow("BEGIN")
        slow("INSERT INTO invoice VALUES (1, 1, 1, 'slow', 0)")
        audited.run("INSERT INTO invoice VALUES (1, 2, 1, 'quick', 0)")
        assert seal_all(writer, wait_s=0)[1] == 0  # the quick one has the higher id
        slow("COMMIT")
        # One that began after the last attempt does not hold up what was there before.
        slow("BEGIN")
        slow("INSERT INTO invoice VALUES (1, 3, 1, 'next', 0)")
        # Other tests write on the same server, and what they have open counts too.
        wait_for(lambda: seal_all(writer, wait_s=0)[1] == 2, patience_s=60)
        slow("ROLLBACK")
        audited.run("INSERT INTO invoice VALUES (1, 4, 1, 'last', 0)")
        assert seal_all(writer, wait_s=60)[1] == 1
    assert audited.verified().is_whole


@postgresql_only
def test_entry_of_the_newest_transaction_is_waited_for_too(audited: Audited) -> None:
    with audited.connect() as older, audited.connect() as newer, audited.writer() as writer:
        for execute in (older, newer):
            execute("BEGIN")
            execute("SELECT pg_current_xact_id()")
        newer("INSERT INTO invoice VALUES (1, 1, 1, 'lower id, newer transaction', 0)")
        older("INSERT INTO invoice VALUES (1, 2, 1, 'higher id, older transaction', 0)")
        older("COMMIT")
        # No transaction after the open one has ended: a snapshot alone does not tell that it is there.
        assert seal_all(writer, wait_s=0)[1] == 0
        newer("COMMIT")
        assert seal_all(writer, wait_s=60)[1] == 2
    assert audited.verified().is_whole


@postgresql_only
def test_writers_do_not_wait_for_a_sealer(audited: Audited) -> None:
    audited.run("INSERT INTO invoice VALUES (1, 1, 1, 'a', 0)")
    with audited.writer() as writer, writer.sealing() as sealing, audited.connect() as execute:
        assert sealing.trail().standing().batches == 0
        execute("SET lock_timeout = '200ms'")
        execute("UPDATE invoice SET net = 2")
        execute("TRUNCATE invoice")
    assert len(audited.entries()) == 3


@postgresql_only
def test_sealer_that_waits_too_long_for_another_says_so_in_one_line(audited: Audited) -> None:
    audited.configure("", replacing={"require = []": "require = []\nlock_timeout_s = 0.1"})
    audited.run("INSERT INTO invoice VALUES (1, 1, 1, 'a', 0)")
    with audited.writer() as writer, writer.sealing():
        answer = audited.dbops("seal", "--wait", "0.1")
    assert (answer.code, answer.err.count("\n"), "Traceback" in answer.err) == (3, 1, False)
    assert audited.dbops("seal").code == 0


@pytest.mark.fault
def test_seal_that_is_killed_leaves_whole_batches_and_is_taken_up_again(
    audited: Audited, pytestconfig: pytest.Config
) -> None:
    with audited.connect() as execute:
        execute("BEGIN")
        for number in range(600):
            execute(f"INSERT INTO invoice VALUES ({number % 5}, {number}, 1, 'a', 0)")
        execute("COMMIT")
    for _ in range(20 if pytestconfig.getoption("--faults") == "full" else 1):
        kill_a_seal(audited)
    assert audited.dbops("seal").code == 0
    found = audited.verified()
    assert (found.is_whole, found.entries, found.waiting.entries) == (True, 600, 0)


def kill_a_seal(audited: Audited) -> None:
    """Begin to seal in small batches, and kill it a moment after it has made the first."""
    before = batches(audited)
    with subprocess.Popen([sys.executable, "-c", _SMALL_BATCHES], cwd=audited.path) as process:
        wait_for(lambda: batches(audited) > before or process.poll() is not None, patience_s=30)
        time.sleep(random.random() * 0.05)
        process.send_signal(signal.SIGKILL)


def batches(audited: Audited) -> int:
    """Return how many there are, as somebody who may mend what was left."""
    return int(audited.rows(_STATE[audited.dialect])[0][0])


_STATE = {"postgresql": "SELECT batches FROM dbops.audit_state", "sqlite": "SELECT batches FROM dbops_audit_state"}
_SMALL_BATCHES = """
import sys
from pytest_dbops.operations.audit import seal
seal.ENTRIES_A_BATCH = 3
seal.seal_all.__kwdefaults__["at_once"] = 3
from pytest_dbops.cli import main
sys.exit(main(["audit", "seal", "--env", "staging"]))
"""


def test_connection_that_is_lost_in_a_batch_leaves_nothing_of_it(audited: Audited) -> None:
    audited.run("INSERT INTO invoice VALUES (1, 1, 1, 'a', 0)")
    with pytest.raises(DbopsError), audited.writer() as writer, writer.sealing() as sealing:
        trail = sealing.trail()
        entries = trail.entries(0, 100, 10)
        batch, seals = seal_entries(entries, trail.standing(), {}, sealed_at=sealing.moment())
        sealing.put(batch, seals)
        raise DbopsError("lost")
    assert audited.rows(_STATE[audited.dialect]) == [(0,)]
    assert audited.dbops("seal").code == 0
    assert audited.verified().is_whole


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_verifying_holds_a_batch_in_memory_however_long_the_trail_is(audited: Audited) -> None:
    many = "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000) SELECT n FROM c)"
    peaks = []
    for tenant in (1, 2):
        audited.run(f"INSERT INTO invoice SELECT {tenant}, n, n, 'n' || n, 0 FROM {many}")
        audited.dbops("seal")
        tracemalloc.start()
        assert audited.verified().entries == tenant * 3_000
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
