"""How many rows the tables of a target have: taken from its statistics, or from a file exported there.

The file holds names of tables and numbers, no data. It is JSON; `format` and `version` come first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pytest_dbops.core.codec import Mismatch, from_json, to_json
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.observed.observation import Observation
from pytest_dbops.core.session import Statistics

FORMAT, VERSION = "dbops table sizes", 1
PART = "tables"
"""The part of a server's statistics that sizes are taken from: rows with name, parent, rows, bytes, index_bytes."""

EXPORT = "dbops migrate stats export --env {environment}"


@frozen
class TableSize:
    """The size of one table; `rows` is an estimate of the server's, None when it has none."""

    rows: int | None
    bytes: int = 0
    index_bytes: int = 0


@frozen
class Sizes:
    """The tables of one target at one moment.

    tables: by name, as in `public.invoice`; of a partitioned table, the sum of its partitions.
    """

    environment: str
    dialect: str
    taken_at: str
    tables: Mapping[str, TableSize] = field(default_factory=lambda: MappingProxyType({}))

    def rows(self, table: str) -> int | None:
        """Return a table's rows: 0 for one the target does not have yet, None where the server has no estimate."""
        return self.tables[table].rows if table in self.tables else 0


def sizes_of(statistics: Statistics, environment: str) -> Sizes:
    """Return the sizes that a target's statistics tell; raises CannotJudge when it did not show them."""
    rows = statistics.rows(PART)
    tables = {row["name"]: TableSize(row["rows"], row["bytes"] or 0, row["index_bytes"] or 0) for row in rows}
    parents = {row["name"]: row["parent"] for row in rows if row["parent"]}
    for name in [name for name in tables if name not in set(parents.values())]:
        above = parents.get(name)
        while above in tables:
            tables[above] = _sum(tables[above], tables[name])
            above = parents.get(above)
    return Sizes(environment, statistics.dialect, statistics.taken_at, MappingProxyType(dict(sorted(tables.items()))))


def sizes_after(sizes: Sizes, observation: Observation) -> Sizes:
    """Return the sizes once a revision was deployed: what it renamed keeps its rows, what it dropped is gone."""
    tables = {name: size for name, size in sizes.tables.items() if name not in observation.dropped}
    moved = {move.before: move.after for move in observation.moved}
    return replace(sizes, tables=MappingProxyType({moved.get(name, name): size for name, size in tables.items()}))


def render_sizes(sizes: Sizes) -> str:
    """Return the text of a file that `parse_sizes` reads."""
    body = to_json(sizes)
    assert isinstance(body, dict)
    return json.dumps({"format": FORMAT, "version": VERSION, **body}, indent=1, ensure_ascii=False) + "\n"


def load_sizes(path: Path) -> Sizes:
    """Return the sizes in a file; raises ConfigError, one line with the way out, when there are none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        said = getattr(err, "strerror", None) or "it is no UTF-8 text"
        raise ConfigError(f"sizes in {str(path)!r} cannot be read: {said} ({_how()})") from None
    return parse_sizes(text, source=str(path))


def parse_sizes(text: str, *, source: str) -> Sizes:
    """Return the sizes in a text; `source` names it in the ConfigError that is raised for anything else."""
    try:
        found: Any = json.loads(text)
    except json.JSONDecodeError as err:
        raise ConfigError(f"{source}:{err.lineno}: {err.msg}: no JSON ({_how()})") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ConfigError(f'{source} holds no sizes: "format" is not {FORMAT!r} ({_how()})')
    if found.get("version") != VERSION:
        raise ConfigError(f"{source} is of version {found.get('version')!r}; {VERSION} is known ({_how()})")
    try:
        sizes = from_json(Sizes, found)
    except Mismatch as err:
        raise ConfigError(f"{source}: {err} ({_how()})") from None
    for name, size in sizes.tables.items():
        if min(size.rows or 0, size.bytes, size.index_bytes) < 0:
            raise ConfigError(f"{source}: tables.{name} has a negative number ({_how()})")
    return sizes


def _sum(one: TableSize, other: TableSize) -> TableSize:
    rows: Sequence[int] = [number for number in (one.rows, other.rows) if number is not None]
    total = sum(rows) if len(rows) == 2 else None
    return TableSize(total, one.bytes + other.bytes, one.index_bytes + other.index_bytes)


def _how() -> str:
    return f"run: {EXPORT.format(environment='NAME')} --output FILE"
