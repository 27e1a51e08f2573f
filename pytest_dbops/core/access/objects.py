"""Everything of a catalog on which a role can hold a right, in one form."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.catalog import Catalog, Privileges, RoutineKind, Table, quote_identifier
from pytest_dbops.core.frozen import frozen

_OWNERS_WORD = {RoutineKind.AGGREGATE: "AGGREGATE"}


@frozen
class Guarded:
    """One object.

    kind: `database`, `schemas`, `tables` (views too), `columns`, `sequences` or `functions`, as the matrix calls it.
    name: as findings and the matrix name it. place: as GRANT names it, with its kind. column: of a column, quoted.
    parent: the table at the top of a partition's tree. alterable: as ALTER names it; empty where it has no owner.
    """

    kind: str
    name: str
    place: str
    privileges: Privileges
    owner: str
    column: str = ""
    parent: str = ""
    alterable: str = ""

    def granting(self, *rights: str) -> str:
        """Return what GRANT and REVOKE are given: `SELECT (email) ON TABLE customer`."""
        column = f" ({self.column})" if self.column else ""
        return f"{', '.join(f'{right}{column}' for right in rights)} ON {self.place}"


def guarded_objects(catalog: Catalog) -> Iterator[Guarded]:
    """Yield all objects; columns only where a right on them was ever granted."""
    database = catalog.database
    place = f"DATABASE {quote_identifier(database.name)}"
    yield Guarded("database", database.name, place, database.privileges, database.owner)
    for schema in catalog.schemas:
        place = f"SCHEMA {quote_identifier(schema.name)}"
        yield Guarded("schemas", schema.name, place, schema.privileges, schema.owner, alterable=place)
    for table in catalog.tables:
        place = f"TABLE {table.quoted}"
        top = _top(catalog, table) if table.is_partition else ""
        yield Guarded(
            "tables", table.display, place, table.privileges, table.owner, parent=top, alterable=f"TABLE {table.quoted}"
        )
        for column in table.columns:
            if column.privileges.grants:
                quoted = quote_identifier(column.name)
                name = f"{table.display}.{column.name}"
                yield Guarded("columns", name, place, column.privileges, table.owner, quoted, top)
    for view in catalog.views:
        place = f"TABLE {view.quoted}"
        word = "MATERIALIZED VIEW" if view.is_materialized else "VIEW"
        yield Guarded("tables", view.display, place, view.privileges, view.owner, alterable=f"{word} {view.quoted}")
        for column in view.columns:
            if column.privileges.grants:
                quoted = quote_identifier(column.name)
                yield Guarded("columns", f"{view.display}.{column.name}", place, column.privileges, view.owner, quoted)
    for sequence in catalog.sequences:
        place = f"SEQUENCE {sequence.quoted}"
        # What belongs to a column follows the owner of its table.
        alterable = "" if sequence.owned_by else place
        yield Guarded("sequences", sequence.display, place, sequence.privileges, sequence.owner, alterable=alterable)
    for routine in catalog.routines:
        place = f"ROUTINE {routine.quoted}"
        alterable = f"{_OWNERS_WORD.get(routine.kind, 'ROUTINE')} {routine.quoted}"
        yield Guarded("functions", routine.signature, place, routine.privileges, routine.owner, alterable=alterable)


def _top(catalog: Catalog, table: Table) -> str:
    by_name = {each.display: each for each in catalog.tables}
    seen: set[str] = set()
    while table.is_partition and table.inherits and table.display not in seen:
        seen.add(table.display)
        above = by_name.get(table.inherits[0])
        if above is None:
            return table.inherits[0]
        table = above
    return table.display
