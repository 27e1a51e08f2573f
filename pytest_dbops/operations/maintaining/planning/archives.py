"""Steps that move old rows out of the database."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._quoting import sure_name, sure_text
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.maintenance.archive import OldRows
from pytest_dbops.core.maintenance.step import Place, Step, kept_back, step_for
from pytest_dbops.core.maintenance.tasks import TASKS, WRITE_LOCK
from pytest_dbops.core.severity import Severity
from pytest_dbops.operations.maintaining.looking import Seen


def old_rows_to_archive(seen: Seen) -> Iterator[Step]:
    """Archive what the rules of the project call old."""
    for old in seen.old_rows:
        if old.rows:
            yield _step(old, seen)


def _step(old: OldRows, seen: Seen) -> Step:
    is_file = seen.catalog.dialect == "sqlite"
    table = sure_name(old.table) if is_file else sure_name(old.schema, old.table)
    key = ", ".join(map(sure_name, old.key))
    condition = f"{sure_name(old.rule.column)} < {sure_text(old.cutoff)}"
    finding = Finding(
        old.display, f"{old.rows} rows of table {old.display!r} are from before {old.cutoff}, the oldest day that"
        f" [[archive]] keeps ({old.rule.older_than_days} days)", severity=Severity.INFO,
    )  # fmt: skip
    step = step_for(
        TASKS["archive_rows"], finding,
        [
            f"SELECT * FROM {table} WHERE {condition} ORDER BY {key}",  # noqa: S608  # shown; quoted names
            f"DELETE FROM {table} WHERE ({key}) IN (<copied rows that are unchanged, 500 a transaction>)",  # noqa: S608
        ],
        rates=seen.rates, size_bytes=old.size_bytes, lock=WRITE_LOCK if is_file else "",
        rollback="insert the rows of the copy again; dbops keeps it below .dbops/archives",
        place=Place(old.schema, old.table), old=old,
        note="copies them to .dbops/archives, reads the copy back, and deletes what it proves to hold",
    )  # fmt: skip
    return kept_back(step, old.kept_back) if old.kept_back else step
