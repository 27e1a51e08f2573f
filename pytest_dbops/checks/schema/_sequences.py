"""Which column each sequence fills, and how far it has counted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_dbops.core.catalog import Catalog, Column, Sequence, Table
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import Statistics

_NEXTVAL = re.compile(r"""nextval\('((?:[^']|'')+)'(?:::text\))?::regclass""")
_LIMITS = {"smallint": 32_767, "integer": 2_147_483_647, "bigint": 9_223_372_036_854_775_807}


@frozen
class Feed:
    """A column that takes its values from a sequence."""

    table: Table
    column: Column
    sequence: Sequence

    @property
    def display(self) -> str:
        """Name the column as users write it in a waiver."""
        return f"{self.table.display}.{self.column.name}"

    @property
    def highest(self) -> int:
        """The last value that both the sequence and the column's type can take."""
        return min(self.sequence.maximum, _LIMITS.get(self.column.type, self.sequence.maximum))


def feeds_of(catalog: Catalog) -> Iterator[Feed]:
    """Yield each column that a sequence fills, by identity, by ownership or by a default of nextval()."""
    sequences = {(sequence.schema, sequence.name): sequence for sequence in catalog.sequences}
    owned = {
        (s.owned_by.schema, s.owned_by.table, s.owned_by.column): s for s in catalog.sequences if s.owned_by is not None
    }
    for table in catalog.tables:
        for column in table.columns:
            sequence = (
                _named_in(column.default, sequences) if column.default and "nextval" in column.default else None
            ) or owned.get((table.schema, table.name, column.name))
            if sequence is not None:
                yield Feed(table, column, sequence)


def last_values(statistics: Statistics) -> dict[tuple[str, str], int | None]:
    """Return how far each sequence has counted, by (schema, name); None for one never used.

    A sequence that the role may not read is left out (PostgreSQL manual, pg_sequences).
    """
    rows = statistics.rows("sequences")
    return {(row["schema"], row["name"]): row["last_value"] for row in rows if row["is_readable"]}


def refuse_unreadable(sequences: list[Sequence]) -> None:
    """Raise MissingPrivilege that names the grant, when a sequence could not be read."""
    if sequences:
        first = sequences[0]
        raise MissingPrivilege(
            f"the role may not read {len(sequences)} sequence(s), {first.display!r} among them "
            f"(run: GRANT SELECT ON SEQUENCE {first.quoted} TO <the gate's role>;)"
        )


def _named_in(default: str, sequences: dict[tuple[str, str], Sequence]) -> Sequence | None:
    match = _NEXTVAL.search(default)
    if match is None:
        return None
    schema, _, name = _split(match.group(1).replace("''", "'"))
    return sequences.get((schema, name)) or sequences.get(("public", name))


def _split(qualified: str) -> tuple[str, str, str]:
    """Split `schema.name`, each part perhaps in double quotes."""
    parts = re.findall(r'"((?:[^"]|"")+)"|([^".]+)', qualified)
    names = [quoted.replace('""', '"') if quoted else plain for quoted, plain in parts]
    return (names[0], ".", names[1]) if len(names) == 2 else ("public", ".", names[-1])
