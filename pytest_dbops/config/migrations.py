"""The table `[migrations]`: how the project's revisions are judged."""

from __future__ import annotations

from pytest_dbops.config.shapes import member, text, words
from pytest_dbops.config.table import Key, Source, Table
from pytest_dbops.core.downgrades import DowngradeRule
from pytest_dbops.core.frozen import frozen


@frozen
class Migrations:
    """How revisions are judged.

    version_table: `NAME` or `SCHEMA.NAME`, where env.py does not say it in plain text; else empty.
    ignore_drift: subjects of `model_drift` that are left alone, with `*` and `?` as in file names.
    """

    downgrades: DowngradeRule = DowngradeRule.DECLARED
    version_table: str = ""
    ignore_drift: tuple[str, ...] = ()


DOWNGRADES = Key(
    "downgrades", member(DowngradeRule),
    "`required`: each revision can be taken back; `declared`: one that cannot says so by a downgrade that raises;"
    " `ignored`: downgrades are not judged",
    "declared", 'downgrades = "required"',
)  # fmt: skip
VERSION_TABLE = Key(
    "version_table", text(), "the table of applied revisions, `NAME` or `SCHEMA.NAME`, where env.py computes it",
    "what env.py says, else `alembic_version`", 'version_table = "ops.alembic_version"',
)  # fmt: skip
IGNORE_DRIFT = Key(
    "ignore_drift", words(),
    "what may differ between models and migrations: objects as `model_drift` names them, `*` and `?` as in file names",
    "none", 'ignore_drift = ["public.spatial_ref_sys", "public.report_*"]',
)  # fmt: skip
MIGRATIONS = Table(
    "migrations",
    "How the project's revisions are judged.",
    (DOWNGRADES, VERSION_TABLE, IGNORE_DRIFT),
)


def read_migrations(source: Source) -> Migrations:
    """Return the table `[migrations]`."""
    section, default = source.section(MIGRATIONS, "migrations"), Migrations()
    return Migrations(
        downgrades=section.read(DOWNGRADES, default.downgrades),
        version_table=section.read(VERSION_TABLE, default.version_table),
        ignore_drift=section.read(IGNORE_DRIFT, default.ignore_drift),
    )
