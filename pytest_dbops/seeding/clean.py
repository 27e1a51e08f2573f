"""Take seeded rows away again, in the reverse order of the seeders, all in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import Blocked
from pytest_dbops.core.seed_request import AS_OF, SeedRequest
from pytest_dbops.core.seeded import SeederResult
from pytest_dbops.core.seeder import Seeder
from pytest_dbops.seeding.context import Context
from pytest_dbops.seeding.ledger import Filled, forget, read_ledger
from pytest_dbops.seeding.run import folder_of, naming, silent, transaction
from pytest_dbops.seeding.writing.write import Writer

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, MetaData


def clean_database(
    bind: Engine | Connection,
    metadata: MetaData,
    seeders: Sequence[Seeder],
    request: SeedRequest,
    *,
    progress: Callable[[str], None] = silent,
) -> tuple[SeederResult, ...]:
    """Remove what seeders left, and return what each removed; whole or not at all.

    Of chosen organizations only their own rows go; without a choice all that the ledger knows goes. Raises Blocked
    before anything is removed when a seeder has no way to clean, and CannotJudge that names the one that fails.
    """
    with transaction(bind) as connection:
        known = read_ledger(connection)
        chosen = [seeder for seeder in reversed(seeders) if _numbers(seeder, known, request)]
        for seeder in chosen:
            if seeder.clean is None:
                raise Blocked(f"seeder {seeder.name!r} has no `clean`, so its rows cannot be taken away (write one)")
        results = []
        for count, seeder in enumerate(chosen, start=1):
            progress(f"seeding: cleaning {count}/{len(chosen)}: {seeder.name}")
            results.append(_clean(connection, metadata, seeder, known, request))
    return tuple(results)


def _clean(
    connection: Connection, metadata: MetaData, seeder: Seeder, known: dict[tuple[str, int], Filled],
    request: SeedRequest,
) -> SeederResult:  # fmt: skip
    begun, removed = time.monotonic(), 0
    for number in _numbers(seeder, known, request):
        context = Context(
            connection, metadata, connection.dialect.name, known[seeder.name, number].seed, AS_OF, Writer(),
            folder_of(seeder), request.scale, number,
        )  # fmt: skip
        with naming(seeder):
            assert seeder.clean is not None
            seeder.clean(context)
        removed += sum(context.removed.values())
        forget(connection, seeder.name, number)
    return SeederResult(seeder.name, {}, removed, 0, time.monotonic() - begun)


def _numbers(seeder: Seeder, known: dict[tuple[str, int], Filled], request: SeedRequest) -> list[int]:
    there = sorted(number for name, number in known if name == seeder.name)
    if not request.organizations:
        return there
    return [number for number in there if number and number in request.wanted]
