"""Moving the fields of a column in PostgreSQL to another key online, against the least that an UPDATE of it costs.

Values are IBANs of 22 bytes in the row profile, of ten tenants. `update` is one bare UPDATE that writes other bytes of
the same length into the column, in one transaction: the limit of whatever changes a column in place. `rotated` is what
`dbops compliance rotate-key` does: batches of 20 000 rows are read, opened, sealed under the new key, and written back
with a comparison of what was read, each batch final. `executemany` is what applications do by themselves: the same
reading, opening and sealing by this package's functions for rows, and an UPDATE a row. The ratios are of CPU, client
and server together; between rounds the table is made anew, so that none of them finds the dead rows of another.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.decrypt import BOUND, ROOT, TENANTS
from benchmarks.measure import interleaved, print_timings, ratio, timed_call
from pytest_dbops.backends import rewriting_for
from pytest_dbops.core.encryption import BoundAs, KeyRecord, KeyState, Purpose
from pytest_dbops.core.rewriting import RewrittenTable
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.crypto.keyring import Keyring, root_key
from pytest_dbops.crypto.resealing import Rotator
from pytest_dbops.crypto.seal import Binding, open_field, seal
from pytest_dbops.operations.encryption import statements
from pytest_dbops.operations.encryption.rewrite_plan import BATCH_ROWS
from pytest_dbops.provisioning import scratch_server

NAME = "rotate"
CLAIMS = {
    "vs_update": "one bare UPDATE of the column / online rotation of it, total CPU",
    "vs_executemany": "opening, sealing and an UPDATE a row by executemany / online rotation, total CPU",
}
_NEW = bytes(range(1, 33))
_TABLE = """
CREATE TABLE customer (id bigint PRIMARY KEY, org_id integer NOT NULL, public_id uuid NOT NULL, iban bytea)
WITH (autovacuum_enabled = off)
"""
_FILL = """
INSERT INTO customer SELECT id, org_id, public_id, iban FROM kept ORDER BY id
"""


def run(quick: bool) -> dict[str, Any]:
    """Return the measures and what was compared; prints a table."""
    fields, rounds = (150_000, 3) if quick else (1_000_000, 3)
    old = root_key(ROOT, KeyRecord("", "old", Purpose.DATA, KeyState.RETIRED))
    new = root_key(_NEW, KeyRecord("", "new", Purpose.DATA, KeyState.ACTIVE))
    keyring = Keyring([old, new])
    with scratch_server(ServerRequest()) as server:
        url, pid = _database(server, fields, keyring.sealing_by(old.raw_id))

        def whole(call: Callable[[str, Keyring, int], None], others: set[str]) -> None:
            call(url, keyring, fields)
            _wait_until_only(others, pid)

        def timed(call: Callable[[str, Keyring, int], None]) -> Any:
            others = _backends(pid)
            _make_anew(url)
            _wait_until_only(others, pid)
            return timed_call(partial(whole, call, others), server_pid=pid)

        timings = interleaved(
            {
                "update": partial(timed, _updated), "rotated": partial(timed, _rotated),
                "executemany": partial(timed, _executed_many),
            },
            rounds=rounds,
        )  # fmt: skip
        version = server.version
    print(f"\n{fields} fields", file=sys.stderr)
    print_timings(timings)
    total = {name: [sample.total_cpu_s for sample in timing.samples] for name, timing in timings.items()}
    return {
        "measures": {
            "vs_update": round(ratio(total["update"], total["rotated"]), 3),
            "vs_executemany": round(ratio(total["executemany"], total["rotated"]), 3),
        },
        "params": {"fields": fields, "batch": BATCH_ROWS, "server": version, "cpus": os.cpu_count()},
    }


def _updated(url: str, keyring: Keyring, fields: int) -> None:
    with _connected(url) as connection:
        done = connection.execute("UPDATE customer SET iban = set_byte(iban, 30, 7)").rowcount
    if done != fields:
        raise AssertionError(done)


def _rotated(url: str, keyring: Keyring, fields: int) -> None:
    """Rotate as the operation does, without its lock and journal, which cost the same for any number of fields."""
    rotator, key = Rotator(keyring, BOUND, (BOUND,)), keyring.active(Purpose.DATA, "").record.id
    table = RewrittenTable(
        "", BOUND.table, BOUND.primary_key, read=("iban", "org_id", "public_id"), changed=("iban",),
        as_text=frozenset(each.name for each in BOUND.bind if each.written is BoundAs.UUID),
        condition=statements.on_another_key(BOUND, "postgresql", key),
    )  # fmt: skip
    opening = rewriting_for(url).open_rewriter(url, timeout_s=10, lock_s=5, application="dbops benchmark")
    done, after = 0, None
    with opening as rewriter:
        while rows := rewriter.read(table, after, BATCH_ROWS):
            done += rewriter.write(table, rotator.reseal(rows).changes)
            after = rows[-1][-1:]
    if done != fields:
        raise AssertionError(done)


def _executed_many(url: str, keyring: Keyring, fields: int) -> None:
    done = 0
    with _connected(url) as connection, connection.cursor() as cursor:
        last = -1
        while rows := cursor.execute(
            "SELECT id, org_id, public_id, iban FROM customer WHERE id > %s ORDER BY id LIMIT %s", (last, BATCH_ROWS)
        ).fetchall():
            changed = [(_moved(keyring, row), row[0], row[3]) for row in rows]
            with connection.transaction():
                cursor.executemany("UPDATE customer SET iban = %s WHERE id = %s AND iban = %s", changed)
                done += cursor.rowcount
            last = rows[-1][0]
    if done != fields:
        raise AssertionError(done)


def _moved(keyring: Keyring, row: Sequence[Any]) -> bytes:
    _, org_id, public_id, value = row
    binding = Binding(str(org_id), str(public_id))
    return bytes(seal(keyring, BOUND.place, open_field(keyring, BOUND.place, value, binding), binding))


def _connected(url: str) -> Any:
    import psycopg

    return closing(psycopg.connect(url, autocommit=True))


def _database(server: ScratchServer, fields: int, keyring: Keyring) -> tuple[str, int]:
    """Make a database with the values; returns its URL and the process id of the server."""
    from uuid import UUID

    with _connected(server.admin_url) as admin:
        (text,) = admin.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
        admin.execute("CREATE DATABASE rotate TEMPLATE template0")
    url = server.url("rotate")
    with _connected(url) as connection:
        connection.execute(_TABLE.replace("TABLE customer", "TABLE kept"))
        with connection.cursor().copy("COPY kept FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int8", "int4", "uuid", "bytea"])
            for number in range(fields):
                tenant, row = number % TENANTS, UUID(int=number + 2**100)
                binding = Binding(str(tenant), str(row))
                copy.write_row((number, tenant, row, bytes(seal(keyring, BOUND.place, b"DE%020d" % number, binding))))
    return url, int(text.splitlines()[0])


def _make_anew(url: str) -> None:
    with _connected(url) as connection:
        connection.execute("DROP TABLE IF EXISTS customer")
        connection.execute(_TABLE)
        connection.execute(_FILL)
        connection.execute("VACUUM (ANALYZE) customer")
        connection.execute("CHECKPOINT")


def _backends(pid: int) -> set[str]:
    """Return the server's processes: what one has used is its parent's only when that has taken note of its end."""
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def _wait_until_only(others: set[str], pid: int) -> None:
    while _backends(pid) - others:
        time.sleep(0.01)
