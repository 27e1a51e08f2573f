"""The tables `[maintenance]` and `[[archive]]`: what becomes of the tool's own files, and which rows are old."""

from __future__ import annotations

from pytest_dbops.config.shapes import text, whole
from pytest_dbops.config.table import Key, Source, Table
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.maintenance.archive import ArchiveRule


@frozen
class Maintenance:
    """How long reports are kept, and how big a log file may grow before it is put aside."""

    keep_reports_days: int = 90
    log_bytes: int = 50 << 20


KEEP_REPORTS = Key(
    "keep_reports_days", whole(1), "how old a report may get before `clean_files` removes it", "90",
    "keep_reports_days = 90",
)  # fmt: skip
LOG_BYTES = Key(
    "log_bytes", whole(1_000), "from which size on `clean_files` puts a log file aside, in place of the one before it",
    "52428800", "log_bytes = 52428800",
)  # fmt: skip
MAINTENANCE = Table("maintenance", "What `dbops maintenance` does with files of its own.", (KEEP_REPORTS, LOG_BYTES))

TABLE = Key("table", text(), "the table, with its schema unless that is the default one", "required",
            'table = "audit_log"')  # fmt: skip
COLUMN = Key("column", text(), "its date or time by which a row is old", "required", 'column = "created_at"')
OLDER_THAN = Key("older_than_days", whole(1), "how many days past", "required", "older_than_days = 730")
ARCHIVE = Table(
    "archive",
    "Rows that `dbops maintenance auto` moves out of a database, one table each: to a copy below `.dbops/archives`,"
    " and only when that was read back are they deleted. It needs `may_destroy`.",
    (TABLE, COLUMN, OLDER_THAN),
    is_array=True,
)


def read_maintenance(source: Source) -> Maintenance:
    """Return the table `[maintenance]`."""
    section = source.section(MAINTENANCE, "maintenance")
    default = Maintenance()
    return Maintenance(
        section.read(KEEP_REPORTS, default.keep_reports_days), section.read(LOG_BYTES, default.log_bytes)
    )  # fmt: skip


def read_archives(source: Source) -> tuple[ArchiveRule, ...]:
    """Return the tables `[[archive]]` in order; raises ConfigError for two of one table."""
    written = source.document.tables.get("archive", [])
    if not isinstance(written, list):
        raise source.document.error(("archive",), "[archive] is a single table; write [[archive]], once for each")
    rules: dict[str, ArchiveRule] = {}
    for number in range(len(written)):
        section = source.section(ARCHIVE, "archive", number)
        rule = ArchiveRule(section.require(TABLE), section.require(COLUMN), section.require(OLDER_THAN))
        if rule.table in rules:
            raise section.error("table", f"[[archive]] of {rule.table!r} is written twice (keep one)")
        rules[rule.table] = rule
    return tuple(rules.values())
