"""`dbops migrate stats export`: how big the tables of an environment are, without any data."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

JSON = Shape(
    {
        "format": "always `dbops table sizes`",
        "version": "rises when a key is taken away or changes its meaning",
        "environment": "name of the environment",
        "dialect": "postgresql or sqlite",
        "taken_at": "when the server's statistics were read, ISO 8601",
        "tables": "by name: rows (an estimate; null where there is none), bytes, index_bytes",
    }
)
_ABOUT = """\
Locks of a migration are judged by the rows of the target's tables. This writes
them to a file, for where the target itself cannot be reached: names of tables
and numbers, no data. It is read by the read-only session of a gate from the
server's own statistics; no table is opened.
"""
_EXAMPLE = "example:\n  dbops migrate stats export --env production --output production.sizes.json"


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `stats export` to the verbs of `dbops migrate`."""
    stats = add_verb(verbs, "stats", "export how big the tables of an environment are")
    inner = stats.add_subparsers(dest="stats_verb", required=True, metavar="export", title="verbs")
    export = add_verb(inner, "export", "write the sizes of all tables as JSON", more=_ABOUT, epilog=_EXAMPLE)
    export.add_argument("--output", metavar="FILE", help="write to this file (default: standard output)")


def run(context: Context) -> int:
    """Export the sizes; the document goes to standard output unless a file is named."""
    from pytest_dbops.core.observed.sizes import render_sizes
    from pytest_dbops.operations.table_sizes import read_sizes, write_sizes

    context.start_logging(context.environment)
    sizes = read_sizes(context.config, context.environment, progress=context.progress)
    if context.args.output is None:
        context.say_raw(render_sizes(sizes))
        return 0
    write_sizes(sizes, Path(context.args.output))
    unknown = sum(size.rows is None for size in sizes.tables.values())
    more = f"; {unknown} of them were never analysed, their rows are not known (run: ANALYZE)" if unknown else ""
    context.say(f"wrote {len(sizes.tables)} tables of {sizes.environment} to {context.args.output}{more}")
    return 0
