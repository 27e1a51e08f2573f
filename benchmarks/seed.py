"""Seeding invoices, payments and their bookings into PostgreSQL, against COPY of the very same bytes.

The tables are the reference application's, with their keys, references, indexes and CHECKs, made from its models:
without triggers and row-level security, which would cost all candidates the same. `bare COPY` sends text that was made
beforehand into tables with all constraints on. `live` works the documents out and loads them with all constraints on.
`constrain` works them out too and takes keys and indexes off the empty tables first, and puts them back, in one
transaction: every constraint is verified. Ratios are of CPU, client and server together, each process of the server
to the nanosecond. Before each load the tables are emptied, dead rows are vacuumed away, the catalogs' too, and a
checkpoint is made, at nobody's expense: each finds the server in the same state.

`whole_PRODUCT_*`: all seeders in a process of its own, at the size `load` (20 organizations, over a million rows; a
tenth of them with --quick): rows, seconds, and the most memory that the process held, beside what it held before.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import (
    Sample,
    command_environment,
    fine_tree_cpu_s,
    interleaved,
    print_timings,
    ratio,
    timed_call,
)  # fmt: skip
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.seed_request import Scale
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import scratch_server
from pytest_dbops.provisioning.places import default_places

NAME = "seed"
CLAIMS = {
    "live_vs_copy": "CPU of a bare COPY of the same bytes, constraints on / ours, rows made on the way",
    "constrain_vs_copy": "CPU of the same bare COPY / ours into empty tables, keys taken off and put back",
}
TABLES = (
    "invoice", "invoice_line", "invoice_tax", "payment", "payment_allocation", "journal_entry", "journal_line"
)  # fmt: skip
_ROOT = Path(__file__).resolve().parents[1]


def run(quick: bool) -> dict[str, Any]:
    """Return the measures and what was compared."""
    scale = Scale("bench", organizations=1, customers=250, invoices=4014 if quick else 20_014)
    with scratch_server(ServerRequest()) as server, prepared(server, scale) as bench:
        texts = bench.texts()
        candidates = {
            "bare COPY": lambda: bench.timed(lambda: bench.copy(texts)),
            "live": lambda: bench.timed(lambda: bench.load(is_bulk=False)),
            "constrain": lambda: bench.timed(lambda: bench.load(is_bulk=True)),
        }
        timings = interleaved(candidates, rounds=7 if quick else 9)
        rows = bench.rows()
        whole = {"postgresql": _whole(server, 2 if quick else 20), "sqlite": _whole(None, 2 if quick else 20)}
        print(f"\n{rows} rows, {sum(map(len, texts.values())) / 1e6:.1f} MB", file=sys.stderr)
        print_timings(timings)
        for product, told in whole.items():
            print(f"{product}: {told}", file=sys.stderr)
    cpu = {name: [sample.total_cpu_s for sample in timing.samples] for name, timing in timings.items()}
    measures = {
        "live_vs_copy": round(ratio(cpu["bare COPY"], cpu["live"]), 3),
        "constrain_vs_copy": round(ratio(cpu["bare COPY"], cpu["constrain"]), 3),
    }
    params = {f"whole_{product}_{name}": value for product, told in whole.items() for name, value in told.items()}
    params |= {"rows": rows, "server": server.version, "cpus": os.cpu_count()}
    return {"measures": measures, "params": params}


class Bench:
    """One organization's master data in a database, and ways to load its invoices, each of which leaves none."""

    def __init__(self, engine: Any, metadata: Any, scale: Scale, server_pid: int) -> None:
        self.engine, self.metadata, self.server_pid = engine, metadata, server_pid
        self._scale = scale

    def timed(self, work: Callable[[], None], tables: Sequence[str] = TABLES) -> Sample:
        """Return what one load into tables costs that are empty, on a server that has nothing left to tidy up."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in (f"TRUNCATE {', '.join(tables)} CASCADE", "VACUUM", "CHECKPOINT"):
                connection.exec_driver_sql(statement)
        return timed_call(work, server_pid=self.server_pid, server_cpu_s=fine_tree_cpu_s)

    def load(self, *, is_bulk: bool) -> None:
        """Work the documents out and load them, as the seeders `invoices`, `payments` and `journal` do.

        The first of them works the documents out for all three, as in a run; nothing is kept from another load.
        """
        from seeds import trade

        trade.forget()
        with self.engine.begin() as connection:
            self._fill(connection, self._writer(is_bulk=is_bulk))

    def texts(self) -> dict[str, bytes]:
        """Return what COPY is given for each table: the very bytes that ours makes."""
        from pytest_dbops.seeding.writing.copy_text import block_text

        made: dict[str, list[str]] = {table: [] for table in TABLES}
        columns: dict[str, Sequence[str]] = {}

        class Recorder:
            highest: dict[Any, int] = {}

            def write(self, connection: Any, block: Any) -> None:
                made[block.table.name] += block_text(block, connection.dialect, {})
                columns[block.table.name] = list(block.columns)

        with self.engine.begin() as connection:
            self._fill(connection, Recorder())
        self._columns = columns
        return {table: "".join(parts).encode() for table, parts in made.items()}

    def copy(self, texts: dict[str, bytes]) -> None:
        """Send bytes that are there already, in blocks of 256 KiB."""
        with self.engine.begin() as connection:
            for table, data in texts.items():
                sql = f"COPY {table} ({', '.join(self._columns[table])}) FROM STDIN"
                with connection.connection.cursor() as cursor, cursor.copy(sql) as copy:
                    for start in range(0, len(data), 262_144):
                        copy.write(data[start : start + 262_144])

    def rows(self) -> int:
        """Return how many rows there are."""
        with self.engine.connect() as connection:
            return sum(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() for table in TABLES)

    def _writer(self, *, is_bulk: bool) -> Any:
        from pytest_dbops.seeding.writing.write import Writer

        return Writer(is_bulk=is_bulk)

    def _fill(self, connection: Any, writer: Any) -> None:
        from datetime import date

        from pytest_dbops.seeding.context import Context
        from seeds import trade
        from seeds.books import period_rows
        from seeds.documents import last_leap_day
        from seeds.firms import firm
        from seeds.journal import _load_entries
        from seeds.tenant import rates_of
        from seeds.trading import _load_invoices, _load_payments

        context = Context(
            connection, self.metadata, "postgresql", 1, date(2026, 1, 15), writer, _ROOT / "seeds", self._scale, 1
        )  # fmt: skip
        acting = firm(1)
        rates = rates_of(context, acting)
        periods = period_rows(acting, last_leap_day(context.as_of), context.as_of)
        for block in trade.blocks(context, acting, rates):
            _load_invoices(context, acting, block)
        for block in trade.blocks(context, acting, rates):
            _load_payments(context, acting, block)
        for block in trade.blocks(context, acting, rates):
            _load_entries(context, acting, block, periods)
        if hasattr(writer, "finish"):
            writer.finish(connection)


def _whole(server: ScratchServer | None, organizations: int) -> dict[str, float]:
    """Return what it takes to fill a database of the server, or a SQLite file in memory, by all seeders."""
    memory = default_places().memory
    with tempfile.TemporaryDirectory(prefix="bench-", dir=memory.parent if memory else None) as folder:
        url = f"sqlite:///{folder}/seeded.db" if server is None else server.url("seeded_whole")
        if server is not None:
            create_database(server, "seeded_whole")
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.seed_side", url, str(organizations)], cwd=_ROOT, check=True,
            env={**command_environment(), "PYTHONPATH": str(_ROOT)}, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        told: dict[str, float] = json.loads(done.stdout)
        return told


def create_database(server: ScratchServer, name: str) -> None:
    """Make an empty database; it goes with the server."""
    import psycopg

    with closing(psycopg.connect(server.admin_url, autocommit=True)) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")


@contextmanager
def prepared(server: ScratchServer, scale: Scale) -> Iterator[Bench]:
    """Make a database with the application's tables, and one organization's customers, products and quotes."""
    import psycopg
    from sqlalchemy import create_engine

    sys.path.insert(0, str(_ROOT))
    from accounting.models import metadata

    with closing(psycopg.connect(server.admin_url, autocommit=True)) as admin:
        (text,) = admin.execute("SELECT pg_read_file('postmaster.pid')").fetchone() or ("",)
        admin.execute("CREATE DATABASE seed_bench TEMPLATE template0")
    # One session for all: the CPU of a backend that has ended is not to be had at once.
    engine = create_engine(server.url("seed_bench").replace("postgresql://", "postgresql+psycopg://"), pool_size=1)
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
        _master_data(engine, metadata, scale)
        yield Bench(engine, metadata, scale, int(text.splitlines()[0]))
    finally:
        engine.dispose()
        with closing(psycopg.connect(server.admin_url, autocommit=True)) as admin:
            admin.execute("DROP DATABASE seed_bench WITH (FORCE)")


def _master_data(engine: Any, metadata: Any, scale: Scale) -> None:
    from datetime import date

    from pytest_dbops.seeding.context import Context
    from pytest_dbops.seeding.find import load_seeders
    from pytest_dbops.seeding.writing.write import Writer
    from seeds.books import account_rows, period_rows
    from seeds.documents import last_leap_day
    from seeds.firms import firm

    needed = ("reference_data", "organizations", "customers", "products", "projects", "quotes")
    seeders = {seeder.name: seeder for seeder in load_seeders(_ROOT / "seeds")}
    for name in needed:
        with engine.begin() as connection:
            number = 1 if seeders[name].scope == "organization" else 0
            seeders[name].fill(
                Context(
                    connection, metadata, "postgresql", 1, date(2026, 1, 15), Writer(), _ROOT / "seeds", scale, number
                )
            )
    day = date(2026, 1, 15)
    with engine.begin() as connection:
        context = Context(connection, metadata, "postgresql", 1, day, Writer(), _ROOT / "seeds", scale, 1)
        context.insert("account", account_rows(firm(1)))
        context.insert("fiscal_period", period_rows(firm(1), last_leap_day(day), day))
