"""The statements that read some relations only, and which others are worded with their names; each takes their oids.

They are the statements of `table_statements`, so that a part comes out as it does in the whole.
"""

from __future__ import annotations

from pytest_dbops.backends.postgresql.catalog.table_statements import (
    COLUMNS,
    CONSTRAINTS,
    INDEXES,
    RELATIONS,
    SEQUENCES,
    TABLE_PARTS,
)

DEPENDENTS = """
SELECT COALESCE(
    r.ev_class, f.adrelid, c.conrelid, t.tgrelid, p.polrelid, i.indrelid,
    CASE d.classid
      WHEN CAST('pg_catalog.pg_class' AS regclass) THEN d.objid
      WHEN CAST('pg_catalog.pg_type' AS regclass) THEN CASE d.deptype WHEN 'i' THEN d.refobjid END
    END,
    0
  ) AS relation
FROM pg_catalog.pg_depend d
LEFT JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND d.classid = CAST('pg_catalog.pg_rewrite' AS regclass)
LEFT JOIN pg_catalog.pg_attrdef f ON f.oid = d.objid AND d.classid = CAST('pg_catalog.pg_attrdef' AS regclass)
LEFT JOIN pg_catalog.pg_constraint c ON c.oid = d.objid AND d.classid = CAST('pg_catalog.pg_constraint' AS regclass)
LEFT JOIN pg_catalog.pg_trigger t ON t.oid = d.objid AND d.classid = CAST('pg_catalog.pg_trigger' AS regclass)
LEFT JOIN pg_catalog.pg_policy p ON p.oid = d.objid AND d.classid = CAST('pg_catalog.pg_policy' AS regclass)
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = d.objid AND d.classid = CAST('pg_catalog.pg_class' AS regclass)
WHERE d.refclassid = CAST('pg_catalog.pg_class' AS regclass)
  AND d.refobjid = ANY ($$1)
UNION
SELECT 0
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_type own ON own.oid = c.reltype
JOIN pg_catalog.pg_depend d
  ON d.refclassid = CAST('pg_catalog.pg_type' AS regclass)
  AND d.refobjid IN (own.oid, own.typarray)
WHERE c.oid = ANY ($$1)
  AND d.deptype <> 'i'
"""
"""The oids of what depends on relations: themselves, others, sequences; 0 where it is anything else.

The type that a relation's rows have stands for the relation: what depends on it is anything else.
"""

PART_STATEMENTS = {
    "dependents": DEPENDENTS,
    "relations": f"{RELATIONS}  AND c.oid = ANY ($$1)\n",
    "columns": f"{COLUMNS}  AND a.attrelid = ANY ($$1)\n",
    "constraints": f"{CONSTRAINTS}  AND c.conrelid = ANY ($$1)\n",
    "indexes": f"{INDEXES}  AND i.indrelid = ANY ($$1)\n",
    "table_parts": f"SELECT * FROM ({TABLE_PARTS}) part WHERE part.relation = ANY ($$1)\n",  # noqa: S608  # one of ours
    "sequences": f"{SEQUENCES}  AND s.seqrelid = ANY ($$1)\n",
}
