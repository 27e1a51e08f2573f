"""Forecasts of migration statements from three scratch sizes, against what the statements really take.

Each of a dozen statements is a revision of its own. `forecast` is what a dry run does: the revision is measured at
5 000, 20 000 and 80 000 rows that are multiplied from generated ones, three times each, and carried to the target's
rows. `truth` is the statement on a table with that many rows, which another generator has filled with random values,
on the same server with the same settings: the median of two runs before and two after the forecast, each rolled back
and each in a session of its own. Time is wall time, since that is what is promised; the server's settings are those
of a scratch server.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from pytest_dbops.core.forecast import Estimate, Forecasts
from pytest_dbops.core.observed.sizes import Sizes, TableSize
from pytest_dbops.core.observed.target import TargetSizes
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.operations.build import BuildOrder
from pytest_dbops.operations.forecasting import LARGEST_ROWS, Measuring, forecast_walk
from pytest_dbops.operations.rehearsal import rehearse_migrations
from pytest_dbops.provisioning import scratch_server

NAME = "forecast"
CLAIMS = {
    "within": "share of statements whose true time lies within the forecast's interval",
    "error": "forecast / true time or its reverse, the greater, median of the statements; below 10 ms all is 10 ms",
    "worst": "the same of the statement that was forecast worst",
}
ENV = """
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """
from alembic import op

revision = {name!r}
down_revision = {down!r}


def upgrade():
    op.execute({sql!r})


def downgrade():
    raise NotImplementedError
"""
BASE = """
CREATE TABLE customer (id bigint PRIMARY KEY, name text NOT NULL, email varchar(120) NOT NULL);
CREATE TABLE invoice (
  id bigint PRIMARY KEY, customer_id bigint NOT NULL, number varchar(20) NOT NULL, amount numeric(12,2) NOT NULL,
  quantity integer NOT NULL, note text, created_at timestamptz NOT NULL
);
CREATE INDEX invoice_created ON invoice (created_at);
"""
FILLED = """
INSERT INTO customer SELECT n, 'customer ' || md5(n::text), md5((n * 7)::text) || '@example.org'
FROM generate_series(1, {customers}) AS n;
INSERT INTO invoice SELECT n, 1 + (random() * ({customers} - 1))::bigint, 'INV-' || n,
  (random() * 10000)::numeric(12,2), (random() * 100)::integer, md5(random()::text),
  now() - random() * interval '1000 days'
FROM generate_series(1, {invoices}) AS n;
ANALYZE customer;
ANALYZE invoice;
"""
STATEMENTS = {
    "index of numbers": "CREATE INDEX i1 ON invoice (amount)",
    "index of text": "CREATE INDEX i2 ON invoice (note)",
    "index of an expression": "CREATE INDEX i3 ON invoice (lower(number))",
    "unique": "ALTER TABLE invoice ADD CONSTRAINT u1 UNIQUE (number)",
    "rewrite by type": "ALTER TABLE invoice ALTER COLUMN quantity TYPE bigint",
    "rewrite by default": "ALTER TABLE invoice ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid()",
    "not null": "ALTER TABLE invoice ALTER COLUMN note SET NOT NULL",
    "check": "ALTER TABLE invoice ADD CONSTRAINT c1 CHECK (amount > -1)",
    "foreign key": "ALTER TABLE invoice ADD CONSTRAINT f1 FOREIGN KEY (quantity) REFERENCES measure (id)",
    "update of all": "UPDATE invoice SET amount = amount + 1",
    "column only": "ALTER TABLE invoice ADD COLUMN later text",
    "delete of some": "DELETE FROM invoice WHERE id - (id / 5) * 5 = 0",
}
_TINY_MS = 10.0
_RUNS = 2
_MEASURE = "CREATE TABLE measure (id integer PRIMARY KEY);"
_VERSIONS = "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);"
_FILLED_MEASURE = "INSERT INTO measure SELECT n FROM generate_series(0, 100) AS n;"


def run(quick: bool) -> dict[str, Any]:
    """Return the measures and what was compared; prints a line a statement."""
    invoices, customers = (300_000, 30_000) if quick else (2_000_000, 200_000)
    statements = dict(list(STATEMENTS.items())[:: 2 if quick else 1])
    with scratch_server(ServerRequest()) as server, tempfile.TemporaryDirectory() as folder:
        before = _truth(server, statements, invoices, customers)
        started = time.perf_counter()
        forecasts = _forecasts(Path(folder), server, statements, invoices, customers)
        took_s = time.perf_counter() - started
        after = _truth(server, statements, invoices, customers)
    truth = {name: statistics.median([*before[name], *after[name]]) for name in statements}
    return _judged(forecasts, truth, {
        "server": server.version, "cpus": os.cpu_count(), "rows": invoices, "largest_scratch_rows": LARGEST_ROWS,
        "forecast_s": round(took_s, 1),
    })  # fmt: skip


def _judged(forecasts: Forecasts, truth: dict[str, float], params: dict[str, Any]) -> dict[str, Any]:
    errors, within = [], []
    print(f"\n{'':<24}{'forecast':>10}{'low':>10}{'high':>10}{'truth':>10}  ms", file=sys.stderr)
    for number, (name, ms) in enumerate(truth.items()):
        found = _of_statement(forecasts, _id(number + 1))
        if found is None:
            unknown = forecasts.of(_id(number + 1))
            print(f"{name:<24}  {unknown.unknown if unknown else 'no forecast'}", file=sys.stderr)
            within.append(False)
            continue
        within.append(found.low_ms <= ms <= found.high_ms)
        errors.append(max(found.ms, _TINY_MS) / max(ms, _TINY_MS))
        line = "".join(f"{each:>10.1f}" for each in (found.ms, found.low_ms, found.high_ms, ms))
        print(f"{name:<24}{line}  {found.growth}{'' if within[-1] else '  outside'}", file=sys.stderr)
    measures = {
        "within": round(sum(within) / len(within), 3),
        "error": round(statistics.median(max(each, 1 / each) for each in errors), 3),
        "worst": round(max(max(each, 1 / each) for each in errors), 3),
    }
    return {"measures": measures, "params": params}


def _of_statement(forecasts: Forecasts, revision: str) -> Estimate | None:
    found = forecasts.of(revision)
    return found.statements[0].estimate if found is not None and found.statements else None


def _id(number: int) -> str:
    return f"{number:012x}"


def _forecasts(
    folder: Path, server: ScratchServer, statements: Mapping[str, str], invoices: int, customers: int
) -> Forecasts:
    """Return the forecast of each statement, as a dry run makes it."""
    (folder / "migrations/versions").mkdir(parents=True)
    (folder / "migrations/env.py").write_text(ENV)
    for number, sql in enumerate(["SELECT 1", *statements.values()]):
        text = REVISION.format(name=_id(number), down=_id(0) if number else None, sql=sql)
        (folder / f"migrations/versions/{_id(number)}.py").write_text(text)
    order = BuildOrder(folder, "migrations")
    databases = _databases(server, f"{BASE}{_MEASURE}{_VERSIONS}INSERT INTO alembic_version VALUES ('{_id(0)}');")
    progress: Callable[[str], None] = lambda text: None  # noqa: E731
    walk = rehearse_migrations(order, databases, dialect="postgresql", progress=progress)
    sizes = {"public.invoice": invoices, "public.customer": customers, "public.measure": 101}
    tables = {name: TableSize(rows) for name, rows in sizes.items()}
    target = TargetSizes(Sizes("target", "postgresql", "", tables), frozenset({_id(0)}))
    return forecast_walk(walk, target, Measuring(order, databases, progress))


def _databases(server: ScratchServer, first: str) -> Callable[[], AbstractContextManager[str]]:
    from pytest_dbops.backends.postgresql.admin import connect_admin
    from pytest_dbops.provisioning.databases import create_database, drop_database, new_name

    @contextmanager
    def databases() -> Iterator[str]:
        name = new_name(server)
        with closing(connect_admin(server.admin_url)) as admin:
            create_database(server, admin, name)
            with closing(connect_admin(server.url(name))) as inside:
                inside.execute(first)
            yield server.url(name)
            drop_database(server, admin, name)

    return databases


def _truth(
    server: ScratchServer, statements: Mapping[str, str], invoices: int, customers: int
) -> dict[str, list[float]]:
    """Return the milliseconds that each statement takes on full tables, run by run."""
    import psycopg

    filled = FILLED.format(invoices=invoices, customers=customers)
    found = {}
    with _databases(server, BASE + _MEASURE + _FILLED_MEASURE + filled)() as url:
        for name, sql in statements.items():
            times = []
            for _ in range(_RUNS):
                with psycopg.connect(url) as connection:
                    started = time.perf_counter()
                    connection.execute(sql.encode())
                    times.append(1000 * (time.perf_counter() - started))
                    connection.rollback()
                if sql.startswith(("UPDATE", "DELETE")):
                    with psycopg.connect(url, autocommit=True) as connection:
                        connection.execute("VACUUM invoice")
            found[name] = times
    return found
