"""Validating the fields of a column in PostgreSQL by one process, by two, and of four times as many fields.

Values are IBANs in the row profile, as in `decrypt`. `one` and `two` read and open the same fields; with two processes
each has a range of keys and a session of its own, and the nonces they have met are compared afterwards. Wall time
is what the second processor is for, so that is the ratio of `two_processes`: it needs two processors that are free, and
says less on a busy machine. `divided` is of processor time, which others do not change: that of one process against the
busiest of the two and what the process that ordered them does itself. `memory` is the peak of a process that validates
all fields, against that of one which validates a quarter of them; what grows is the table of nonces, up to 32 MiB.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.decrypt import BOUND, ROOT, UNBOUND, _database, _row
from benchmarks.measure import interleaved, print_timings, ratio, timed_call
from pytest_dbops.backends import backend_for
from pytest_dbops.core.check import Cost
from pytest_dbops.core.encryption import KeyRecord, KeyState, Purpose
from pytest_dbops.core.environment import DEFAULT_POLICIES, Environment, Expectation, Kind
from pytest_dbops.core.secret import Secret
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.core.session import Limits
from pytest_dbops.crypto.keyring import Keyring, root_key
from pytest_dbops.operations.encryption.audit import Helpers, Part, audit_column
from pytest_dbops.operations.encryption.dividing import ProcessHelpers
from pytest_dbops.provisioning import scratch_server

NAME = "validate"
CLAIMS = {
    "two_processes": "wall time of one process / of two on the same fields",
    "divided": "client CPU of one process / of the busiest of two and of who ordered them",
    "memory": "peak memory of a process with all fields / with a quarter of them",
}
_LIMITS = Limits(10, 600, 10)


def run(quick: bool) -> dict[str, Any]:
    """Return the measures and what was compared; prints a table."""
    fields, rounds = (250_000, 3) if quick else (1_000_000, 5)
    rows = [_row(number) for number in range(fields)]
    with scratch_server(ServerRequest()) as server, _database(server, rows) as (url, pid):
        del rows
        policy = DEFAULT_POLICIES[Kind.STAGING]
        environment = Environment("staging", Kind.STAGING, "postgresql", Secret(url), "", policy)
        helpers = _Noted(ProcessHelpers(Path.cwd(), environment, url, 2))
        validated(url, fields, helpers)  # what is imported by processes of ours is not what is measured
        timings = interleaved(
            {
                "one": lambda: timed_call(partial(validated, url, fields), server_pid=pid),
                "two": lambda: timed_call(partial(validated, url, fields, helpers), server_pid=pid),
            },
            rounds=rounds,
        )  # fmt: skip
        busiest = helpers.busiest_s[-rounds:]
        peaks = [_peak_kib(url, fields // part, fields) for part in (1, 4)]
        version = server.version
    print(f"\n{fields} fields; peak memory {peaks[0]} KiB, {peaks[1]} KiB for a quarter", file=sys.stderr)
    print_timings(timings)
    client = {name: [sample.cpu_s for sample in timing.samples] for name, timing in timings.items()}
    longest = [own + theirs for own, theirs in zip(client["two"], busiest, strict=True)]
    wall = {name: [sample.wall_s for sample in timing.samples] for name, timing in timings.items()}
    return {
        "measures": {
            "two_processes": round(ratio(wall["one"], wall["two"]), 3),
            "divided": round(ratio(client["one"], longest), 3),
            "memory": round(peaks[0] / peaks[1], 3),
        },
        "params": {"fields": fields, "server": version, "cpus": os.cpu_count()},
    }


@dataclass(frozen=True, slots=True)
class _Noted:
    """Helpers whose processor time is kept: that of the busiest of each call."""

    helpers: ProcessHelpers
    busiest_s: list[float] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.helpers.number

    def parts(self, *asked: Any) -> Iterator[Part]:
        parts = list(self.helpers.parts(*asked))
        self.busiest_s.append(max(part.cpu_s for part in parts))
        return iter(parts)


def validated(url: str, fields: int, helpers: Helpers | None = None) -> None:
    """Validate the column of the benchmark's database; raises AssertionError unless all fields are sound."""
    keyring = Keyring([root_key(ROOT, KeyRecord("", "bench", Purpose.DATA, KeyState.ACTIVE))])
    opened = backend_for("postgresql").open_session(
        url, limits=_LIMITS, expect=Expectation(), application="dbops benchmark"
    )
    with opened as session:
        found = audit_column(session, BOUND, (BOUND, UNBOUND), keyring, Cost.FULL, helpers)
    if (found.sealed, found.unsound) != (fields, ()):
        raise AssertionError(found)


_ALONE = """
import re, sys
from pathlib import Path
from benchmarks.validate import validated
validated(sys.stdin.readline().strip(), int(sys.argv[1]))
# ru_maxrss begins at what the process had that started this one.
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def _peak_kib(url: str, wanted: int, fields: int) -> int:
    """Return the peak memory of a process of its own that validates that many fields of the table."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        if wanted < fields:
            connection.execute("DELETE FROM customer WHERE id >= %s", (wanted,))
    done = subprocess.run(
        [sys.executable, "-c", _ALONE, str(wanted)], input=f"{url}\n", capture_output=True, text=True, check=True
    )
    return int(done.stdout)
