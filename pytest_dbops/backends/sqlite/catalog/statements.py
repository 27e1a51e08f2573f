"""The five statements that read a SQLite schema, whatever the number of tables.

Pragmas are read as tables and joined, so that one statement asks for all tables at once. Virtual
tables and views are left out where asking would fail for one whose module or table is missing: their
own text says what they are.
"""

from __future__ import annotations

DATABASE = """
SELECT
  sqlite_version() AS version,
  (SELECT encoding FROM pragma_encoding) AS encoding,
  (SELECT application_id FROM pragma_application_id) AS application_id,
  (SELECT user_version FROM pragma_user_version) AS user_version
"""

# Without MATERIALIZED all tables would be listed once more for every object.
OBJECTS = """
WITH t AS MATERIALIZED (SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main')
SELECT s.type, s.name, s.tbl_name AS table_name, s.sql, t.type AS table_type, t.wr AS is_without_rowid,
  t.strict AS is_strict
FROM main.sqlite_schema s
LEFT JOIN t ON t.name = s.name AND s.type IN ('table', 'view')
ORDER BY s.type, s.name
"""

COLUMNS = """
SELECT s.name AS table_name, c.name, c.type, c."notnull" AS not_null, c.dflt_value AS "default", c.pk, c.hidden
FROM main.sqlite_schema s
JOIN pragma_table_xinfo(s.name, 'main') c
WHERE s.type = 'table'
  AND s.sql NOT LIKE 'CREATE VIRTUAL%'
ORDER BY s.name, c.cid
"""

INDEXES = """
SELECT s.name AS table_name, i.seq, i.name, i."unique" AS is_unique, i.origin, i.partial, k.seqno, k.cid,
  k.name AS column_name, k."desc" AS is_descending, k.coll AS collation, k."key" AS is_key
FROM main.sqlite_schema s
JOIN pragma_index_list(s.name, 'main') i
JOIN pragma_index_xinfo(i.name, 'main') k
WHERE s.type = 'table'
  AND s.sql NOT LIKE 'CREATE VIRTUAL%'
ORDER BY s.name, i.name, k.seqno
"""

FOREIGN_KEYS = """
SELECT s.name AS table_name, f.id, f.seq, f."table" AS target, f."from" AS column_name, f."to" AS target_column,
  f.on_update, f.on_delete
FROM main.sqlite_schema s
JOIN pragma_foreign_key_list(s.name, 'main') f
WHERE s.type = 'table'
  AND s.sql NOT LIKE 'CREATE VIRTUAL%'
ORDER BY s.name, f.id, f.seq
"""

STATEMENTS = {
    "database": DATABASE,
    "objects": OBJECTS,
    "columns": COLUMNS,
    "indexes": INDEXES,
    "foreign_keys": FOREIGN_KEYS,
}

# The same of some tables; `:names` stands for their quoted names.
_OBJECTS_OF = """
SELECT s.type, s.name, s.tbl_name AS table_name, s.sql, t.type AS table_type, t.wr AS is_without_rowid,
  t.strict AS is_strict
FROM main.sqlite_schema s
JOIN pragma_table_list(s.name) t ON t.schema = 'main'
WHERE s.type = 'table'
  AND s.name IN (:names)
"""

OF_TABLES = {
    "objects": _OBJECTS_OF,
    **{
        name: STATEMENTS[name].replace("WHERE s.type = 'table'", "WHERE s.name IN (:names)\n  AND s.type = 'table'")
        for name in ("columns", "indexes", "foreign_keys")
    },
}
