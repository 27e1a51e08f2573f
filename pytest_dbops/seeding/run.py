"""Run a project's seeders, each in one transaction an organization, and write into the ledger what they left."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import Blocked, CannotJudge, DbopsError
from pytest_dbops.core.seed_request import AS_OF, Scale, SeedRequest
from pytest_dbops.core.seeded import SeederResult, SeedReport
from pytest_dbops.core.seeder import Seeder
from pytest_dbops.seeding.context import Context
from pytest_dbops.seeding.find import load_seeders
from pytest_dbops.seeding.ledger import Filled, make_ledger, read_ledger, write_filled
from pytest_dbops.seeding.sequences import analyze, set_sequences
from pytest_dbops.seeding.writing.write import RowRefused, Writer

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, MetaData

__all__ = ["AS_OF", "load_seeders", "run_seeders", "seed_database"]

Progress = Callable[[str], None]


_BAR = 20
_TOLD_EVERY_S = 0.25

LEAST_BULK = 20_000
"""Invoices of a run from which on taking keys off empty tables pays."""


def silent(text: str) -> None:
    """Say nothing."""


def unheard(result: SeederResult) -> None:
    """Pass over what a seeder did."""


def seed_database(
    bind: Engine | Connection | str,
    metadata: MetaData,
    seeders: Sequence[Seeder],
    request: SeedRequest = SeedRequest(),  # noqa: B008 - frozen
    *,
    progress: Progress = silent,
    done: Callable[[SeederResult], None] = unheard,
    as_of: date = AS_OF,
) -> SeedReport:
    """Seed a migrated database and return what was made; what the ledger says is there already is passed over.

    done: is given what each seeder did as soon as it is final.
    bind: with an Engine or a URL each seeder is one transaction an organization, and committed; in a Connection's own
    transaction each is a savepoint, and nothing is committed. seeders: those that others need first.
    Raises UsageError for an unknown size, Blocked for rows of another version, seed or size, and CannotJudge that
    names the seeder, the table and the row where one fails.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    if not isinstance(bind, str):
        return _Run(bind, metadata, request, progress, done, as_of).all(seeders)
    url = bind.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, poolclass=NullPool)
    try:
        return _Run(engine, metadata, request, progress, done, as_of).all(seeders)
    finally:
        engine.dispose()


def run_seeders(
    engine: Engine,
    metadata: MetaData,
    seeders: Sequence[Seeder],
    *,
    progress: Progress,
    seed: int = 1,
    as_of: date = AS_OF,
) -> None:
    """Seed at the smallest size; see `seed_database`."""
    seed_database(engine, metadata, seeders, SeedRequest(seed=seed), progress=progress, as_of=as_of)


def stamp_of(seeder: Seeder, scale: Scale, seed: int, as_of: date) -> tuple[int, int, str, str]:
    """Return what must be equal for a seeder's rows to be what is asked for; reference rows have no size."""
    if seeder.is_reference:
        return seeder.version, 0, "", ""
    return seeder.version, seed, json.dumps({**asdict(scale), "organizations": 0, "name": ""}), as_of.isoformat()


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of seeders over one database."""

    bind: Engine | Connection
    metadata: MetaData
    request: SeedRequest
    progress: Progress
    done: Callable[[SeederResult], None]
    as_of: date

    def all(self, seeders: Sequence[Seeder]) -> SeedReport:
        """Run all seeders for all organizations that are asked for."""
        scale, wanted = self.request.scale, self.request.wanted
        with transaction(self.bind) as connection:
            make_ledger(connection)
            known = read_ledger(connection)
        refuse_others(seeders, known, scale, wanted, self.request.seed, self.as_of)
        results = []
        for number, seeder in enumerate(seeders, start=1):
            said = _Said(self.progress, number, len(seeders), seeder.name)
            results.append(self._one(seeder, scale, organizations_of(seeder, wanted), known, said))
            self.done(results[-1])
        analyze(self.bind, self.metadata, {table for result in results for table in result.created})
        return SeedReport(tuple(results))

    def _one(
        self, seeder: Seeder, scale: Scale, organizations: Sequence[int],
        known: dict[tuple[str, int], Filled], said: _Said,
    ) -> SeederResult:  # fmt: skip
        begun = time.monotonic()
        missing = [number for number in organizations if (seeder.name, number) not in known]
        created = self._fill(seeder, scale, missing, said) if missing else {}
        skipped = len(organizations) - len(missing)
        return SeederResult(seeder.name, created, 0, skipped, time.monotonic() - begun)

    def _fill(self, seeder: Seeder, scale: Scale, organizations: Sequence[int], said: _Said) -> dict[str, int]:
        """Run one seeder for all its organizations, whole or not at all; returns rows by table."""
        total: dict[str, int] = {}
        writer = Writer(is_bulk=scale.invoices * len(organizations) >= LEAST_BULK, written=said.wrote)
        with naming(seeder), transaction(self.bind) as connection:
            for count, organization in enumerate(organizations, start=1):
                said.at(count, len(organizations))
                context = self._context(connection, seeder, scale, organization, writer)
                begun = time.monotonic()
                seeder.fill(context)
                stamp = stamp_of(seeder, scale, self.request.seed, self.as_of)
                keys = {kind: tuple(each) for kind, each in context.noted.items()}
                filled = Filled(
                    seeder.name, organization, *stamp, context.created, keys, time.monotonic() - begun
                )  # fmt: skip
                write_filled(connection, filled)
                for table, rows in context.created.items():
                    total[table] = total.get(table, 0) + rows
            said.finishing()
            writer.finish(connection)
            set_sequences(connection, writer.highest)
        return total

    def _context(
        self, connection: Connection, seeder: Seeder, scale: Scale, organization: int, writer: Writer
    ) -> Context:  # fmt: skip
        return Context(
            connection, self.metadata, connection.dialect.name, self.request.seed, self.as_of, writer,
            folder_of(seeder), scale, organization,
        )  # fmt: skip


@dataclass(slots=True)
class _Said:
    """How far a run is, as a bar that moves with the organizations of each seeder, and the rows it has written."""

    progress: Progress
    number: int
    seeders: int
    name: str
    rows: int = 0
    share: float = 0.0
    where: str = ""
    told_at: float = 0.0

    def at(self, organization: int, organizations: int) -> None:
        """Say which organization is next."""
        self.share = (organization - 1) / organizations
        self.where = f", {organization}/{organizations}" if organizations > 1 else ""
        self._tell()

    def wrote(self, rows: int) -> None:
        """Count rows; they are told at most four times a second."""
        self.rows += rows
        if time.monotonic() - self.told_at >= _TOLD_EVERY_S:
            self._tell()

    def finishing(self) -> None:
        """Say that all rows are written, and keys and references are being verified."""
        self.share = 1.0
        self._tell()

    def _tell(self) -> None:
        self.told_at = time.monotonic()
        done = round(_BAR * (self.number - 1 + self.share) / self.seeders)
        bar = f"[{'#' * done}{'.' * (_BAR - done)}]"
        rows = f", {self.rows} row{'s'[: self.rows != 1]}" if self.rows else ""
        self.progress(f"seeding {bar} {self.number}/{self.seeders}: {self.name}{self.where}{rows}")


def folder_of(seeder: Seeder) -> Path:
    """Return the folder of the file that holds a seeder: its pools lie there."""
    code = getattr(seeder.fill, "__code__", None)
    return Path(code.co_filename).parent if code is not None else Path()


def organizations_of(seeder: Seeder, wanted: Sequence[int]) -> Sequence[int]:
    """Return the numbers a seeder is called with: one for each organization, or 0 for the whole database."""
    return wanted if seeder.scope == "organization" else (0,)


def refuse_others(
    seeders: Sequence[Seeder],
    known: dict[tuple[str, int], Filled],
    scale: Scale,
    wanted: Sequence[int],
    seed: int,
    as_of: date,
) -> None:
    """Raise Blocked when the database holds rows of a seeder that are others than those asked for."""
    for seeder in seeders:
        for number in organizations_of(seeder, wanted):
            there = known.get((seeder.name, number))
            if there is not None and there.stamp != stamp_of(seeder, scale, seed, as_of):
                raise Blocked(f"{_difference(seeder, there, seed)} (run: dbops seed all --clean)")


def _difference(seeder: Seeder, there: Filled, seed: int) -> str:
    of = f" of organization {there.organization}" if there.organization else ""
    if there.version != seeder.version:
        return f"seeder {seeder.name!r}: the rows{of} are of version {there.version}, not {seeder.version}"
    if there.seed != seed:
        return f"seeder {seeder.name!r}: the rows{of} are of seed {there.seed}, seed {seed} is asked for"
    return f"seeder {seeder.name!r}: the rows{of} are of another size than is asked for"


@contextmanager
def transaction(bind: Engine | Connection) -> Iterator[Connection]:
    """Open a transaction that is committed at the end; in a connection that is given, a savepoint."""
    from sqlalchemy import Engine

    if not isinstance(bind, Engine):
        with bind.begin_nested():
            yield bind
        return
    with bind.begin() as connection:
        _begin_on_sqlite(connection)
        yield connection


@contextmanager
def naming(seeder: Seeder) -> Iterator[None]:
    """Say in one line which seeder failed, whatever it raised."""
    try:
        yield
    except DbopsError as err:
        raise type(err)(f"seeder {seeder.name!r}: {err}") from err
    except RowRefused as err:
        raise CannotJudge(f"seeder {seeder.name!r} fails: {err}") from err
    except (Exception, SystemExit) as err:  # a seeder is the project's code and may raise anything
        original = getattr(err, "orig", None) or err
        said = " ".join(str(original).split()) or "no word"
        raise CannotJudge(f"seeder {seeder.name!r} fails: {type(original).__name__}: {said}") from err


def _begin_on_sqlite(connection: Connection) -> None:
    """Begin now: the driver would begin at the first INSERT only, and take a savepoint before it for all there is."""
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        if not getattr(driver, "in_transaction", True):
            connection.exec_driver_sql("BEGIN")
