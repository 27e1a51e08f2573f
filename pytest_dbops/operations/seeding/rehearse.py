"""What a gate needs to judge seeds: a rehearsal on a scratch database, the target's reference rows, its ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from pytest_dbops.backends import backend_for
from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.codec import from_json, to_compact_json
from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.core.seed_rehearsal import LedgerRow, ReferenceRows, ReferenceTable, SeedLedger, SeedRehearsal
from pytest_dbops.core.session import Limits, Session
from pytest_dbops.operations.build import BuildOrder, Built, stamp_of
from pytest_dbops.operations.build_orders import known_key_ids, url_variables
from pytest_dbops.operations.child import Progress, hearing, run_child, schemes_of
from pytest_dbops.operations.failing import failing_once
from pytest_dbops.operations.inputs import Inputs, Piece
from pytest_dbops.operations.rehearsal import scratch_database, scratch_version

if TYPE_CHECKING:
    from pytest_dbops.config.model import Config
    from pytest_dbops.core.environment import Environment
    from pytest_dbops.operations.runs import Run

_CHILD = "pytest_dbops.operations.seeding.rehearsal_child"
_LIMITS = Limits(connect_timeout_s=10, statement_timeout_s=120, lock_timeout_s=10)
_LEDGER = {"postgresql": "dbops.seeded", "sqlite": "dbops_seeded"}
_HAS_LEDGER = {
    "postgresql": "SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'dbops' AND c.relname = 'seeded'",
    "sqlite": "SELECT 1 FROM sqlite_schema WHERE name = 'dbops_seeded'",
}
_MOST_DIFFERENCES = 1000


def inputs_of_seeds(
    config: Config, environment: Environment, progress: Progress, run: Callable[[], Run]
) -> dict[str, Piece]:
    """Return what makes each input that comes of the project's seeds."""

    def rehearsed(inputs: Inputs) -> SeedRehearsal:
        found: SeedRehearsal = inputs.get("seeds")  # type: ignore[assignment]  # as declared below
        return found

    return {
        "seeds": (SeedRehearsal, lambda _: rehearse_seeds(config, environment, progress, run())),
        "reference_rows": (
            ReferenceRows, lambda inputs: compare_reference(rehearsed(inputs).reference, inputs.session)
        ),
        "seed_ledger": (SeedLedger, lambda inputs: read_seed_ledger(inputs.session)),
    }  # fmt: skip


def rehearse_seeds(config: Config, environment: Environment, progress: Progress, run: Run) -> SeedRehearsal:
    """Try the seeds on a scratch database; what an earlier run found of the same files is taken from the cache."""
    project, dialect = config.project, environment.dialect
    order = BuildOrder(
        root=config.root, migrations=project.migrations or "", baseline=project.baseline or "",
        first_revision=project.first_revision or "", metadata=project.metadata or "", seeders=project.seeders or "",
        variables=url_variables(config), creates_tables=True, environment=environment.name,
        keys=known_key_ids(config, environment),
    )  # fmt: skip
    file = config.root / ".dbops" / f"seeds-{dialect}.json"
    server = f"{dialect} {scratch_version(config, environment, run, progress)}"
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(file.read_bytes())
        built = _built(kept["built"])
        if kept["server"] == server and kept["stamp"] == stamp_of(order, built):
            return from_json(SeedRehearsal, kept["found"])
    with failing_once(run.shared_folder(), "seeds"):
        found, built = _rehearsed(config, environment, order, progress, run)
    told = {"server": server, "stamp": stamp_of(order, built), "built": asdict(built), "found": to_compact_json(found)}
    try:
        file.parent.mkdir(exist_ok=True)
        write_durably(file, json.dumps(told).encode())
    except OSError as err:
        logger_of("seeding").info("what was found of the seeds is not kept: %s", err.strerror)
    return found


def compare_reference(tables: Sequence[ReferenceTable], session: Session) -> ReferenceRows:
    """Return where the target's reference rows are not those of the seeds."""
    differences: list[tuple[str, str, str]] = []
    for table in tables:
        wanted, there = dict(table.rows), dict(read_rows(session, table))
        for key in sorted({*wanted, *there}):
            if wanted.get(key) != there.get(key):
                kind = "missing" if key not in there else "extra" if key not in wanted else "differs"
                differences.append((table.name, key, kind))
    return ReferenceRows(tuple(table.name for table in tables), tuple(differences[:_MOST_DIFFERENCES]))


def read_rows(session: Session, table: ReferenceTable) -> tuple[tuple[str, str], ...]:
    """Return (key, hash) of each row of a table, as this session reads them."""
    names = ", ".join(f'"{name}"' for name in table.columns)
    rows = session.query(f'SELECT {names} FROM "{table.name}"')  # noqa: S608  # names of the project's own models
    return tuple(
        sorted((", ".join(f"{name}={row[name]}" for name in table.key), _hash(row, table.columns)) for row in rows)
    )


def read_seed_ledger(session: Session) -> SeedLedger:
    """Return what the target's ledger has of seeds that are no reference data."""
    if not session.query(_HAS_LEDGER[session.dialect]):
        return SeedLedger()
    rows = session.query(
        "SELECT seeder, organization, row_count, CAST(at AS text) AS at"  # noqa: S608  # one of two names of ours
        f" FROM {_LEDGER[session.dialect]} WHERE scale <> '' ORDER BY seeder, organization"
    )
    return SeedLedger(
        tuple(
            LedgerRow(str(row["seeder"]), int(row["organization"]), int(row["row_count"]), str(row["at"]))
            for row in rows
        )
    )


def _rehearsed(
    config: Config, environment: Environment, order: BuildOrder, progress: Progress, run: Run
) -> tuple[SeedRehearsal, Built]:
    progress("trying the seeds on a scratch database")
    with scratch_database(config, environment, run, progress) as url:
        request = {
            **asdict(order), "root": str(order.root), "url": url, "written": schemes_of(order.variables),
        }  # fmt: skip
        ended = run_child(_CHILD, request, cwd=order.root, without=order.variables, hear=hearing(progress))
        done = ended.done(SecretMask(secrets_of_url(url)), "the process that tries the seeds")
        built = _built(done)
        found = SeedRehearsal(
            tuple(done["unfit"]), str(done["failed"]), tuple(done["unlike"]), tuple(done["again"])
        )  # fmt: skip
        tables = [
            ReferenceTable(each["name"], tuple(each["key"]), tuple(each["columns"])) for each in done["reference"]
        ]
        if not tables:
            return found, built
        opened = backend_for(environment.dialect).open_session(
            url, limits=_LIMITS, expect=Expectation(), application="pytest-dbops seeds"
        )
        with opened as session:
            filled = tuple(replace(table, rows=read_rows(session, table)) for table in tables)
            session.close()
    return replace(found, reference=filled), built


def _built(told: Mapping[str, Any]) -> Built:
    return Built(tuple(told["heads"]), tuple(told["files"]), tuple(told["read"]), tuple(told["libraries"]))


def _hash(row: Mapping[str, object], columns: Sequence[str]) -> str:
    text = "\t".join(repr(row[name]) for name in columns)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
