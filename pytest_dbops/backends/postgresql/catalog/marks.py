"""Marks of what a catalog is read from: another one as soon as a row of the server's catalogs is another one.

A row version is named by its place and by the transaction that wrote it: both come back together only for the very
same version, since a place is free again no sooner than that transaction is over, and numbers of transactions are used
once. So the marks hold within a transaction, across it, and after it or a part of it was rolled back (PostgreSQL
manual, "System Columns"). Two columns of pg_class are changed in place, and are marked as values.

What belongs to one table, view or sequence is marked by it. Everything else is marked together. Of what some catalogs
hide from plain roles the visible values are marked.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag

from pytest_dbops.backends.postgresql.catalog.object_statements import SUBSCRIPTIONS
from pytest_dbops.core.frozen import frozen


class Held(IntFlag):
    """What there is of a relation, of that which need not be; and what it is, where that matters to its reader."""

    NOTHING = 0
    CONSTRAINTS = 1
    INDEXES = 2
    PARTS = 4
    IS_SEQUENCE = 8
    IS_UNKNOWN = 16
    """Its changes show in no mark."""
    IS_RELATION = 32


@frozen
class Marks:
    """What was found at one time.

    relations: for each table, view, composite type and sequence, by oid as text, its mark and what is held of it; under
    ``COMMON`` for all that belongs to no single one. held: by any of them.
    """

    relations: Mapping[str, str]
    held: Held

    def changed_since(self, before: Marks) -> frozenset[int]:
        """Return the oids of the relations that are new, gone, or not as they were, ``COMMON`` among them."""
        return frozenset(int(oid) for oid, _ in self.relations.items() ^ before.relations.items())

    def holds(self, oid: int) -> Held:
        """Return what is held of a relation; nothing, where there is none."""
        _, _, held = self.relations.get(str(oid), "").partition(" ")
        return Held(int(held or 0))


COMMON = 0


def parse_marks(text: str, held: int) -> Marks:
    """Return the marks from what their statement makes of them."""
    return Marks(dict(item.split(" ", 1) for item in text.split(",")), Held(held))


# Catalog, condition. Of most, a user's rows are those with an oid of 16384 or more, as in the statements that read.
_OF_USERS = "x.oid >= 16384"
_COMMON: tuple[tuple[str, str], ...] = (
    ("pg_aggregate", "CAST(x.aggfnoid AS oid) >= 16384"),
    ("pg_am", "TRUE"),
    ("pg_amop", _OF_USERS),
    ("pg_amproc", _OF_USERS),
    ("pg_cast", _OF_USERS),
    ("pg_collation", _OF_USERS),
    ("pg_conversion", _OF_USERS),
    ("pg_database", "x.datname = current_database()"),
    ("pg_db_role_setting", "TRUE"),
    ("pg_default_acl", "TRUE"),
    ("pg_depend", "x.refclassid = CAST('pg_catalog.pg_extension' AS regclass)"),
    ("pg_description", "x.objoid >= 16384"),
    ("pg_description", "x.objoid IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.oid BETWEEN 2200 AND 16383)"),
    ("pg_description", "x.objoid IN (SELECT e.oid FROM pg_catalog.pg_extension e WHERE e.oid < 16384)"),
    ("pg_enum", "TRUE"),
    ("pg_event_trigger", _OF_USERS),
    ("pg_extension", "TRUE"),
    ("pg_foreign_data_wrapper", _OF_USERS),
    ("pg_foreign_server", _OF_USERS),
    ("pg_foreign_table", "TRUE"),
    ("pg_language", _OF_USERS),
    ("pg_namespace", "TRUE"),
    ("pg_opclass", _OF_USERS),
    ("pg_operator", _OF_USERS),
    ("pg_opfamily", _OF_USERS),
    ("pg_proc", _OF_USERS),
    ("pg_publication", _OF_USERS),
    ("pg_publication_rel", "TRUE"),
    ("pg_range", "x.rngtypid >= 16384"),
    ("pg_seclabel", "TRUE"),
    ("pg_shdescription", "TRUE"),
    ("pg_statistic_ext", _OF_USERS),
    ("pg_tablespace", "TRUE"),
    ("pg_transform", _OF_USERS),
    ("pg_ts_config", _OF_USERS),
    ("pg_ts_config_map", "x.mapcfg >= 16384"),
    ("pg_ts_dict", _OF_USERS),
    ("pg_ts_parser", _OF_USERS),
    ("pg_ts_template", _OF_USERS),
)


def _version(alias: str, seed: int) -> str:
    # The seed tells catalogs apart, since equal marks would cancel each other out.
    return f"hash_record_extended(ROW({alias}.ctid, {alias}.xmin), {seed})"


_COMMON_VERSIONS = "\n  UNION ALL ".join(
    f"SELECT {COMMON} AS oid, {_version('x', seed)} AS mark, 0 AS held FROM pg_catalog.{catalog} x WHERE {condition}"  # noqa: S608  # all of it above
    for seed, (catalog, condition) in enumerate(_COMMON, start=100)
)

MARKS = f"""
SELECT
  string_agg(concat(relation.oid, ' ', relation.mark, ' ', relation.held), ',') AS marks,
  bit_or(relation.held) AS held,
  current_setting('search_path') AS search_path
FROM (
  SELECT part.oid, bit_xor(part.mark) AS mark, bit_or(part.held) AS held FROM (
  {_COMMON_VERSIONS}
  $publication_schemas_marked
  UNION ALL SELECT {COMMON}, hash_record_extended(ROW(r.oid, r.rolname), 1), 0 FROM pg_catalog.pg_roles r
  UNION ALL SELECT {COMMON}, hash_record_extended(ROW(m.umid, m.srvname, m.usename, m.umoptions), 2), 0
    FROM pg_catalog.pg_user_mappings m
  UNION ALL SELECT {COMMON}, hashtextextended(concat_ws(' ', s.oid, s.name, s.owner, s.attributes), 3), 0 FROM (
    {SUBSCRIPTIONS}
  ) s (kind, catalog, oid, namespace, name, owner, privileges, attributes)
  UNION ALL SELECT
      COALESCE(i.indrelid, CASE WHEN c.relkind <> 't' THEN c.oid ELSE {COMMON} END),
      hash_record_extended(ROW(c.ctid, c.xmin, c.reltuples, c.relpages), 4),
      CASE
        WHEN c.relkind IN ('i', 'I') THEN {int(Held.INDEXES)}
        WHEN c.relkind = 'S' THEN {int(Held.IS_SEQUENCE | Held.IS_RELATION)}
        WHEN c.relkind = 'g' THEN {int(Held.IS_UNKNOWN | Held.IS_RELATION)}
        ELSE {int(Held.IS_RELATION)}
      END
    FROM pg_catalog.pg_class c
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
    WHERE c.oid >= 16384
      AND (c.relnamespace <> CAST('pg_toast' AS regnamespace) OR c.reloptions IS NOT NULL)
  -- Of indexes only those columns are read that say more; the few tables with such columns are marked with them.
  UNION ALL SELECT
      CASE WHEN $statistics_target IS NOT NULL OR a.attoptions IS NOT NULL THEN {COMMON} ELSE a.attrelid END,
      {_version("a", 5)},
      0
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid >= 16384
      AND a.attnum > 0
  UNION ALL SELECT CASE t.typtype WHEN 'c' THEN t.typrelid ELSE {COMMON} END, {_version("t", 6)}, 0
    FROM pg_catalog.pg_type t
    WHERE t.oid >= 16384
      AND (t.typtype <> 'b' OR t.typsubscript <> CAST('array_subscript_handler' AS regproc))
  UNION ALL SELECT d.adrelid, {_version("d", 7)}, 0 FROM pg_catalog.pg_attrdef d
  UNION ALL SELECT c.conrelid, {_version("c", 8)}, {int(Held.CONSTRAINTS)} FROM pg_catalog.pg_constraint c
    WHERE c.oid >= 16384
  UNION ALL SELECT i.indrelid, {_version("i", 9)}, 0 FROM pg_catalog.pg_index i WHERE i.indexrelid >= 16384
  UNION ALL SELECT COALESCE(i.indrelid, h.inhrelid), {_version("h", 10)}, 0 FROM pg_catalog.pg_inherits h
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = h.inhrelid
  UNION ALL SELECT t.tgrelid, {_version("t", 11)}, {int(Held.PARTS)} FROM pg_catalog.pg_trigger t
    WHERE NOT t.tgisinternal OR t.tgenabled <> 'O'
  UNION ALL SELECT p.polrelid, {_version("p", 12)}, {int(Held.PARTS)} FROM pg_catalog.pg_policy p
  UNION ALL SELECT r.ev_class, {_version("r", 13)}, CASE r.rulename WHEN '_RETURN' THEN 0 ELSE {int(Held.PARTS)} END
    FROM pg_catalog.pg_rewrite r
    WHERE r.oid >= 16384
  UNION ALL SELECT s.seqrelid, {_version("s", 14)}, 0 FROM pg_catalog.pg_sequence s
  UNION ALL SELECT s.seqrelid, {_version("d", 15)}, 0 FROM pg_catalog.pg_sequence s
    CROSS JOIN LATERAL (
      SELECT d.ctid, d.xmin FROM pg_catalog.pg_depend d
      WHERE d.classid = CAST('pg_catalog.pg_class' AS regclass)
        AND d.objid = s.seqrelid
        AND d.refclassid = CAST('pg_catalog.pg_class' AS regclass)
      OFFSET 0  -- or all of pg_depend would be read
    ) d
  ) part
  GROUP BY part.oid
  HAVING part.oid = {COMMON} OR bit_or(part.held) & {int(Held.IS_RELATION)} <> 0
) relation
"""  # noqa: S608  # as above
"""One row: ``oid mark held`` of each, with commas between; what is held by any; and the path that finds names here."""
