"""Validating the fields of an encrypted column in PostgreSQL, against opening the same values in memory.

Values are IBANs of 22 bytes in the row profile, of ten tenants. `in memory` parses each envelope, writes the
additional data of its row and decrypts it under a cipher that is made once a tenant: what nobody can leave out.
`validated` is what the gate does: it opens a session, counts the rows, reads all of them in blocks, opens each field,
counts it by its key and notices nonces that were met before. The ratio is of CPU, client and server together. Shown and
not judged: `column`, the same values in the column profile, whose additional data is that of the column, `column in
memory`, and `structure`, that column without a key, in the database alone.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from benchmarks.measure import interleaved, print_timings, ratio, timed_call
from pytest_dbops.backends import backend_for
from pytest_dbops.core.check import Cost
from pytest_dbops.core.encryption import BoundAs, BoundColumn, Content, EncryptedColumn, KeyRecord, KeyState, Purpose
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.core.session import Limits
from pytest_dbops.crypto.keyring import Keyring, root_key
from pytest_dbops.operations.encryption.audit import audit_column
from pytest_dbops.provisioning import scratch_server

NAME = "decrypt"
CLAIMS = {"ratio": "parsing and decrypting fields in memory / validating them in the database, total CPU"}

ROOT = bytes(range(32))
TENANTS = 10
IBAN, COPY = ("customer", "iban"), ("customer", "plain_iban")
BIND = (BoundColumn("org_id", BoundAs.NUMBER), BoundColumn("public_id", BoundAs.UUID))
BOUND = EncryptedColumn("", *IBAN, IBAN, Content.TEXT, False, ("id",), BIND)
UNBOUND = EncryptedColumn("", *COPY, COPY, Content.TEXT, False, ("id",))
Row = tuple[bytes, int, UUID, bytes]
_LIMITS = Limits(10, 600, 10)
_HEAD = struct.Struct(">BB4sI12s")


def run(quick: bool) -> dict[str, Any]:
    """Return the measures and what was compared; prints a table."""
    fields, rounds = (150_000, 5) if quick else (1_000_000, 7)
    keyring = Keyring([root_key(ROOT, KeyRecord("", "bench", Purpose.DATA, KeyState.ACTIVE))])
    rows = [_row(number) for number in range(fields)]
    with scratch_server(ServerRequest()) as server, _database(server, rows) as (url, pid):
        timings = interleaved(
            {
                "in memory": lambda: timed_call(lambda: _open_bound(rows)),
                "validated": lambda: timed_call(lambda: _validated(url, BOUND, keyring, fields), server_pid=pid),
                "column in memory": lambda: timed_call(lambda: _open_unbound(rows)),
                "column": lambda: timed_call(lambda: _validated(url, UNBOUND, keyring, fields), server_pid=pid),
                "structure": lambda: timed_call(lambda: _validated(url, UNBOUND, None, fields), server_pid=pid),
            },
            rounds=rounds,
        )  # fmt: skip
        version = server.version
    print(f"\n{fields} fields", file=sys.stderr)
    print_timings(timings)
    total = {name: [sample.total_cpu_s for sample in timing.samples] for name, timing in timings.items()}
    measured = ratio(total["in memory"], total["validated"])
    return {
        "measures": {"ratio": round(measured, 3)},
        "params": {"fields": fields, "server": version, "cpus": os.cpu_count()},
    }


def _open_bound(rows: list[Row]) -> None:
    """Open all values as shortly as Python can: parse, additional data of the row, decrypt."""
    behind, unpack, ciphers = _lp(IBAN[0]) + _lp(IBAN[1]), _HEAD.unpack_from, {}
    for value, tenant, public_id, _ in rows:
        magic, kind, key_id, length, nonce = unpack(value)
        if magic != 0xDB or kind != 0x12 or length + 38 != len(value):
            raise AssertionError
        if (key_id, tenant) not in ciphers:
            ciphers[key_id, tenant] = _cipher(IBAN, str(tenant)), behind + _lp(str(tenant))
        cipher, bound = ciphers[key_id, tenant]
        row = str(public_id).encode()
        cipher.decrypt(nonce, value[22:], value[:10] + bound + _TWO_BYTES.pack(len(row)) + row)


def _open_unbound(rows: list[Row]) -> None:
    """The same without a row."""
    cipher, behind, unpack = _cipher(COPY, ""), _lp(COPY[0]) + _lp(COPY[1]), _HEAD.unpack_from
    for _, _, _, value in rows:
        magic, kind, key_id, length, nonce = unpack(value)
        if magic != 0xDB or kind != 0x11 or length + 38 != len(value) or key_id != _KEY_ID:
            raise AssertionError
        cipher.decrypt(nonce, value[22:], value[:10] + behind)


def _validated(url: str, column: EncryptedColumn, keyring: Keyring | None, fields: int) -> None:
    opened = backend_for("postgresql").open_session(
        url, limits=_LIMITS, expect=Expectation(), application="dbops benchmark"
    )
    with opened as session:
        found = audit_column(session, column, (BOUND, UNBOUND), keyring, Cost.FULL)
    if (found.sealed, found.unsound) != (fields, ()):
        raise AssertionError(found)


def _row(number: int) -> Row:
    plaintext, tenant, public_id = b"DE%020d" % number, number % TENANTS, uuid4()
    bound = _sealed(plaintext, 0x12, IBAN, str(tenant), _lp(str(tenant)) + _lp(str(public_id)))
    return bound, tenant, public_id, _sealed(plaintext, 0x11, COPY, "", b"")


def _sealed(plaintext: bytes, kind: int, place: tuple[str, str], tenant: str, row: bytes) -> bytes:
    head = struct.pack(">BB4sI", 0xDB, kind, _KEY_ID, len(plaintext))
    nonce = os.urandom(12)
    return head + nonce + _cipher(place, tenant).encrypt(nonce, plaintext, head + _lp(place[0]) + _lp(place[1]) + row)


@cache
def _cipher(place: tuple[str, str], tenant: str) -> AESGCM:
    info = b"dbops/v1/data" + _lp(tenant) + _lp(place[0]) + _lp(place[1])
    return AESGCM(HKDF(SHA256(), 32, None, info).derive(ROOT))


def _lp(text: str) -> bytes:
    return _TWO_BYTES.pack(len(text)) + text.encode()


_TWO_BYTES = struct.Struct(">H")
_KEY_ID = HKDF(SHA256(), 4, None, b"dbops/v1/key-id").derive(ROOT)


_TABLE = """
CREATE TABLE customer (
  id bigint PRIMARY KEY, org_id integer NOT NULL, public_id uuid NOT NULL, iban bytea, plain_iban bytea
)
"""


@contextmanager
def _database(server: ScratchServer, rows: list[Row]) -> Iterator[tuple[str, int]]:
    """Yield the URL of a database with the values, and the process id of its server."""
    import psycopg

    with closing(psycopg.connect(server.admin_url, autocommit=True)) as admin:
        (text,) = admin.execute("SELECT pg_read_file('postmaster.pid')").fetchone() or ("",)
        admin.execute("CREATE DATABASE decrypt TEMPLATE template0")
        try:
            with closing(psycopg.connect(server.url("decrypt"), autocommit=True)) as connection:
                connection.execute(_TABLE)
                with connection.cursor().copy("COPY customer FROM STDIN (FORMAT BINARY)") as copy:
                    copy.set_types(["int8", "int4", "uuid", "bytea", "bytea"])
                    for number, (iban, tenant, public_id, plain) in enumerate(rows):
                        copy.write_row((number, tenant, public_id, iban, plain))
                connection.execute("VACUUM (ANALYZE)")
            yield server.url("decrypt"), int(text.splitlines()[0])
        finally:
            admin.execute("DROP DATABASE decrypt WITH (FORCE)")
