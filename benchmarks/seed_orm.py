"""Seeding customers, against SQLAlchemy Core's executemany and against factory_boy with Faker.

`ours` draws every value and loads them by the path it chooses for many rows into an empty table. `core` inserts
the same rows, which were made as dicts beforehand. `factory_boy` makes fewer customers through the ORM, with a
Faker value where ours draws one, as projects do. All commit; all constraints of the models are in
force. Ratios are of CPU a row, client and server together; before each load the server is tidied up as for `seed`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, date
from pathlib import Path
from typing import Any

from benchmarks.measure import Sample, interleaved, print_timings, ratio
from benchmarks.seed import Bench, prepared
from pytest_dbops.core.seed_request import Scale
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import scratch_server

NAME = "seed_orm"
CLAIMS = {
    "vs_core_executemany": "CPU a row of SQLAlchemy Core's executemany of rows made beforehand / ours, rows drawn",
    "vs_factory_boy": "CPU a row of factory_boy with Faker through the ORM / ours",
}
_ROOT = Path(__file__).resolve().parents[1]
_BLOCK = 4000


def run(quick: bool) -> dict[str, Any]:
    """Return the measures and what was compared."""
    customers, by_factory = 40_000, 500
    with scratch_server(ServerRequest()) as server, prepared(server, Scale("bench", 1, 5, 14)) as bench:
        shop = Shop(bench, customers)
        rows = shop.rows()
        counts = {"ours": sum(map(len, rows.values())), "factory_boy": by_factory}
        counts["core"] = counts["ours"]
        candidates = {
            "ours": lambda: shop.timed(shop.ours),
            "core": lambda: shop.timed(lambda: shop.core(rows)),
            "factory_boy": lambda: shop.timed(lambda: shop.by_factory(by_factory)),
        }
        timings = interleaved(candidates, rounds=5 if quick else 9)
        print(f"\n{counts}", file=sys.stderr)
        print_timings(timings)
    a_row = {name: [sample.total_cpu_s / counts[name] for sample in timing.samples] for name, timing in timings.items()}
    measures = {
        "vs_core_executemany": round(ratio(a_row["core"], a_row["ours"]), 2),
        "vs_factory_boy": round(ratio(a_row["factory_boy"], a_row["ours"]), 1),
    }
    return {"measures": measures, "params": {**counts, "server": server.version, "cpus": os.cpu_count()}}


class Shop:
    """The application's tables with one organization, and three ways to fill in its customers."""

    def __init__(self, bench: Bench, customers: int) -> None:
        self._bench, self._engine, self._metadata = bench, bench.engine, bench.metadata
        self._scale = Scale("bench", 1, customers + 5, 14)

    def timed(self, work: Callable[[], None]) -> Sample:
        """Return what one way costs, from empty tables."""
        return self._bench.timed(work, ["customer"])

    def ours(self) -> None:
        """Draw and load, as the seeder `customers` does for an organization of that size."""
        from pytest_dbops.seeding.writing.write import Writer

        with self._engine.begin() as connection:
            writer = Writer(is_bulk=True)
            self._fill(connection, writer)
            writer.finish(connection)

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Return the same rows as dicts."""
        made: dict[str, list[dict[str, Any]]] = {}

        class Recorder:
            def write(self, connection: Any, block: Any) -> None:
                names = tuple(block.columns)
                made[block.table.name] = [dict(zip(names, row, strict=True)) for row in block.rows()]

        self._fill(None, Recorder())
        return made

    def core(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        """Insert rows that are there already."""
        with self._engine.begin() as connection:
            for name, each in rows.items():
                for start in range(0, len(each), _BLOCK):
                    connection.execute(self._metadata.tables[name].insert(), each[start : start + _BLOCK])

    def by_factory(self, count: int) -> None:
        """Make customers one by one, through the ORM."""
        import factory
        from factory.alchemy import SQLAlchemyModelFactory
        from sqlalchemy.orm import Session

        from accounting.models import Customer

        with Session(self._engine) as session:

            class Customers(SQLAlchemyModelFactory):  # type: ignore[misc]
                class Meta:
                    model = Customer
                    sqlalchemy_session = session

                org_id = 1
                id = factory.Sequence(lambda n: n + 1)
                number = factory.Sequence(lambda n: n + 1001)
                kind = "company"
                name = factory.Faker("name")
                vat_id = factory.Faker("bothify", text="DE#########")
                country_code = factory.Faker("random_element", elements=("DE", "FR", "NL", "IT", "CH", "US", "JP"))
                language = factory.Faker("random_element", elements=("de", "en"))
                created_at = factory.Faker("date_time_this_decade", tzinfo=UTC)

            Customers.create_batch(count)
            session.commit()

    def _fill(self, connection: Any, writer: Any) -> None:
        from pytest_dbops.seeding.context import Context
        from seeds.firms import firm
        from seeds.market import load_customers

        context = Context(
            connection, self._metadata, "postgresql", 1, date(2026, 1, 15), writer, _ROOT / "seeds", self._scale, 1
        )  # fmt: skip
        load_customers(context, firm(1))
