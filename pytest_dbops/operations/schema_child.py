"""The process that puts a project's schema into a database of ours: what its models say, or its history up to a point
(see `confined.py`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.raised import raised_line
from pytest_dbops.migrating.baseline import apply_baseline
from pytest_dbops.migrating.upgrade import upgrade_to_heads
from pytest_dbops.migrating.urls import own_url
from pytest_dbops.operations.confined import Say, run_confined
from pytest_dbops.operations.project_metadata import load_metadata


def main() -> int:
    """Make the schema as asked on standard input; the last line is `{"done": ...}` or `{"error": ...}`."""
    return run_confined(make_schema, "the schema cannot be made")


def make_schema(order: dict[str, Any], root: Path, say: Say) -> dict[str, object]:
    """Make what the models say where the order asks for them, else run the history up to the order's revisions.

    An order without migrations makes the baseline alone.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(own_url(order["url"]), poolclass=NullPool)
    if order["is_of_models"]:
        _make_models(engine, order["metadata"])
        return {}
    if order["baseline"]:
        with engine.begin() as connection:
            apply_baseline(connection, order["baseline"], root)
    if not order["migrations"]:
        return {}
    upgrade_to_heads(
        root / order["migrations"], order["url"], root=root, progress=lambda text: say({"progress": text}),
        baseline_before=order["first_revision"] if order["baseline"] else "", only_to=order["only_to"],
    )  # fmt: skip
    return {}


def _make_models(engine: Any, reference: str) -> None:
    """Make all tables of the MetaData, in schemas of their names."""
    from sqlalchemy.schema import CreateSchema

    metadata = load_metadata(reference)
    schemas = sorted({table.schema for table in metadata.tables.values() if table.schema})
    try:
        with engine.begin() as connection:
            for schema in schemas if engine.dialect.name == "postgresql" else ():
                connection.execute(CreateSchema(schema, if_not_exists=True))
            metadata.create_all(connection)
    except Exception as err:  # a model may need what only a migration makes: an extension, a function
        raise CannotJudge(f"the models {reference!r} cannot be made on an empty database: {raised_line(err)}") from err


if __name__ == "__main__":
    sys.exit(main())
