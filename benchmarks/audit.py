"""What an audit trail costs: an UPDATE of one column of all rows, bare, under our triggers, and sealed.

The tables hold the same rows of six columns, about 150 bytes each, and get the same statement. `bare` is the cheapest
UPDATE there is: no index changes, each row finds room on its page, pages were vacuumed. `full pages` is the usual one:
rows move to new pages, and the key's index with them; the same statement under the trail is held against it.
`row trigger` is what most projects write: FOR EACH ROW, old and new row as jsonb into a plain table. `trail` is ours:
one trigger a statement, only what changed, the key apart, into the monthly partition, with a salt. `one row` is the
same for a single row, looked up by its key, a thousand times. `sealed` adds `dbops audit seal` over these entries,
which runs later and beside: Python reads, hashes and writes seals. On SQLite triggers fire once a row, and there is no
row trigger of others to compare with; `bare` is a step in the same process, so that whatever is added looks large.

Targets are on what a user would do otherwise: no more than a row trigger, and no more than 3.5 times the UPDATE that
fills new pages. The other ratios say more of the denominator than of the trail, which writes a row for each row.
`us_` are the parts of one row under `trail`, each measured by leaving something out: the statement itself; the old and
the new row handed to a trigger that does nothing; the entry, ready-made, written into a plain table without an index;
16 random bytes of salt; the log's index, with the way into the partition. What is left finds out what changed and says
it as JSON. Figures are CPU, client and server together.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.audit_sides import postgresql_side, sqlite_side
from benchmarks.measure import Timing, interleaved, print_timings, ratio
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import scratch_server

NAME = "audit"
CLAIMS = {
    "row_trigger_vs_update": "CPU of the UPDATE under a habitual row trigger / bare",
    "trail_vs_update": "CPU of the UPDATE under our statement trigger / bare",
    "trail_vs_update_full_pages": "the same where rows move to new pages / bare there",
    "trail_vs_row_trigger": "CPU of the UPDATE under our statement trigger / under the habitual row trigger",
    "trail_vs_update_one_row": "CPU of an UPDATE of one row by its key under our trigger / bare",
    "sealed_vs_update": "CPU of the UPDATE under our trigger and sealing its entries / bare",
    "sealed_vs_update_full_pages": "the same where rows move to new pages / bare there",
    "sqlite_trail_vs_update": "CPU of the UPDATE under our triggers / bare, SQLite",
    "sqlite_sealed_vs_update": "the same and sealing its entries / bare, SQLite",
    "us_statement": "µs a row of the statement itself",
    "us_rows_kept": "µs a row for the old and the new row as the server hands them to a trigger",
    "us_changes_told": "µs a row to find what changed, and to say it and the key as JSON",
    "us_entry_written": "µs an entry to write it, ready-made, with a number from the sequence",
    "us_salt": "µs an entry for its salt",
    "us_index_and_partition": "µs an entry for the log's index and the way into the partition",
    "us_seal": "µs an entry to seal it, later and beside",
}
_SPLIT = ("us_statement", "us_rows_kept", "us_changes_told", "us_entry_written", "us_salt", "us_index_and_partition")


def run(quick: bool) -> dict[str, Any]:
    """Return the measures and what was compared."""
    rows, rounds = (10_000, 5) if quick else (60_000, 9)
    with scratch_server(ServerRequest()) as server, postgresql_side(server, rows) as side:
        timings = interleaved(side.candidates(), rounds=rounds)
        version = server.version
    with sqlite_side(rows) as lite:
        timings |= interleaved(lite.candidates(), rounds=rounds)
        lite_version = lite.version
    print(f"\n{rows} rows", file=sys.stderr)
    print_timings(timings)
    measures = {key: round(value, 2) for key, value in _measures(timings, rows).items()}
    _print_split(measures)
    params = {"rows": rows, "server": version, "sqlite": lite_version, "cpus": os.cpu_count()}
    return {"measures": measures, "params": params}


def _measures(timings: Mapping[str, Timing], rows: int) -> dict[str, float]:
    cpu = {name: [sample.total_cpu_s for sample in timing.samples] for name, timing in timings.items()}

    def us(positive: str, *negative: str) -> float:
        left = zip(cpu[positive], *(cpu[name] for name in negative), strict=True)
        return statistics.median(first - sum(others) for first, *others in left) / rows * 1e6

    return {
        "row_trigger_vs_update": ratio(cpu["row trigger"], cpu["bare"]),
        "trail_vs_update": ratio(cpu["trail"], cpu["bare"]),
        "trail_vs_update_full_pages": ratio(cpu["trail, full pages"], cpu["bare, full pages"]),
        "trail_vs_row_trigger": ratio(cpu["trail"], cpu["row trigger"]),
        "trail_vs_update_one_row": ratio(cpu["trail, one row"], cpu["bare, one row"]),
        "sealed_vs_update": ratio(_both(cpu["trail"], cpu["seal"]), cpu["bare"]),
        "sealed_vs_update_full_pages": ratio(_both(cpu["trail, full pages"], cpu["seal"]), cpu["bare, full pages"]),
        "sqlite_trail_vs_update": ratio(cpu["sqlite trail"], cpu["sqlite bare"]),
        "sqlite_sealed_vs_update": ratio(_both(cpu["sqlite trail"], cpu["sqlite seal"]), cpu["sqlite bare"]),
        "us_statement": us("bare"),
        "us_rows_kept": us("empty trigger", "bare"),
        "us_changes_told": us("trail", "empty trigger", "entries written"),
        "us_entry_written": us("entries in a plain table"),
        "us_salt": us("entries written", "entries without salt"),
        "us_index_and_partition": us("entries without salt", "entries in a plain table"),
        "us_seal": us("seal"),
    }


def _both(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [first + second for first, second in zip(one, other, strict=True)]


def _print_split(measures: Mapping[str, float]) -> None:
    whole = sum(measures[key] for key in _SPLIT)
    print(f"\n{whole:.1f} µs a row under the trail:", file=sys.stderr)
    for key in _SPLIT:
        print(f"  {measures[key]:5.2f}  {CLAIMS[key].partition(' ')[2]}", file=sys.stderr)
