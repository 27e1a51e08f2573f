"""Load an empty table without its indexes and keys, and put them back afterwards: all of it is verified, set-wise.

Checking keys row by row is two thirds of what a constrained COPY costs. What is dropped is put back from the
server's own wording, in the same transaction. CHECKs, NOT NULL and triggers stay; a table with triggers of its own, or
one that row-level security watches, is not loaded this way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Table

# Whatever pg_get_constraintdef and pg_get_indexdef would not bring back as it was keeps the table as it is.
_MAY = """
SELECT c.relkind = 'r' AND NOT c.relispartition AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
  AND NOT pg_catalog.row_security_active(c.oid)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = c.oid)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE c.oid IN (i.inhrelid, i.inhparent))
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_class AS o ON o.oid = k.conrelid
    WHERE k.confrelid = c.oid AND k.contype = 'f'
    AND (o.relkind <> 'r' OR o.relispartition OR NOT pg_catalog.pg_has_role(o.relowner, 'USAGE')))
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
    WHERE i.indrelid = c.oid AND (x.reltablespace <> 0 OR i.indisclustered OR i.indisreplident OR NOT i.indisvalid
      OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = x.oid AND a.attstattarget >= 0)))
FROM pg_catalog.pg_class AS c
WHERE c.oid = %(table)s::regclass
"""
_IS_EMPTY = "SELECT NOT EXISTS (SELECT FROM {table})"
_KEYS_AND_INDEXES = """
SELECT k.conname AS name, k.conrelid::regclass::text AS owner, k.contype::text AS kind,
  pg_catalog.pg_get_constraintdef(k.oid) AS definition, pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment,
  pg_catalog.obj_description(k.conindid, 'pg_class') AS index_comment
FROM pg_catalog.pg_constraint AS k
WHERE (k.conrelid = %(table)s::regclass AND k.contype IN ('p', 'u', 'x', 'f'))
   OR (k.confrelid = %(table)s::regclass AND k.contype = 'f')
UNION ALL
SELECT x.relname, i.indexrelid::regclass::text, 'i',
  pg_catalog.pg_get_indexdef(i.indexrelid), pg_catalog.obj_description(x.oid, 'pg_class'), NULL
FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
WHERE i.indrelid = %(table)s::regclass
AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x'))
"""
_ORDER = {"p": 0, "u": 0, "x": 0, "i": 1, "f": 2}
"""Keys are put back first, then indexes, then references."""


@dataclass(frozen=True, slots=True)
class Constraining:
    """What was taken off the tables of one transaction, to be put back at its end."""

    dropped: list[Row[tuple[str, ...]]] = field(default_factory=list)

    def take_off(self, connection: Connection, table: Table) -> bool:
        """Take indexes and keys off an empty table; False when it keeps them, as it may not or cannot lose them."""
        name = connection.dialect.identifier_preparer.format_table(table)
        if not connection.exec_driver_sql(_MAY, {"table": name}).scalar():
            return False
        if not connection.exec_driver_sql(_IS_EMPTY.format(table=name)).scalar():
            return False
        try:
            with connection.begin_nested():
                taken = _in_order(connection.exec_driver_sql(_KEYS_AND_INDEXES, {"table": name}))
                _run(
                    connection,
                    *map(_taking_off, reversed(taken)),
                    f"TRUNCATE {name}",  # a table that is truncated here may be written frozen
                )
        except Exception:  # a view, a privilege or another session stands in the way: the table is loaded as it is
            return False
        self.dropped.extend(taken)
        return True

    def put_back(self, connection: Connection) -> None:
        """Put everything back."""
        _run(connection, *(statement for each in _in_order(self.dropped) for statement in _restoring(each)))
        self.dropped.clear()


def _in_order(taken: Iterable[Row[tuple[str, ...]]]) -> list[Row[tuple[str, ...]]]:
    return sorted(taken, key=lambda each: (_ORDER[each.kind], each.owner, each.name))


def _taking_off(each: Row[tuple[str, ...]]) -> str:
    if each.kind == "i":
        return f"DROP INDEX {each.owner}"
    return f"ALTER TABLE {each.owner} DROP CONSTRAINT {_quoted(each.name)}"


def _run(connection: Connection, *statements: str) -> None:
    """Run statements in one round trip; the first that fails is the last."""
    if statements:
        with connection.connection.cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute("; ".join(statements))


def _restoring(each: Row[tuple[str, ...]]) -> Iterable[str]:
    name = _quoted(each.name)
    if each.kind == "i":
        yield each.definition
        if each.comment is not None:
            yield f"COMMENT ON INDEX {each.owner} IS {_literal(each.comment)}"
        return
    yield f"ALTER TABLE {each.owner} ADD CONSTRAINT {name} {each.definition}"
    if each.comment is not None:
        yield f"COMMENT ON CONSTRAINT {name} ON {each.owner} IS {_literal(each.comment)}"
    if each.index_comment is not None and each.kind != "f":
        schema = each.owner.rpartition(".")[0]
        yield f"COMMENT ON INDEX {f'{schema}.' if schema else ''}{name} IS {_literal(each.index_comment)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    """Return a text as a literal that reads the same whatever standard_conforming_strings says."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
