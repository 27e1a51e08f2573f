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

# Each row asks the one catalog that its class names: joined, all of them would be read whole. OFFSET 0, over
# which nothing is joined, does the same below.
DEPENDENTS = """
SELECT COALESCE(
    CASE d.classid
      WHEN CAST('pg_catalog.pg_class' AS regclass)
        THEN COALESCE((SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = d.objid), d.objid)
      WHEN CAST('pg_catalog.pg_type' AS regclass) THEN CASE d.deptype WHEN 'i' THEN d.refobjid END
      WHEN CAST('pg_catalog.pg_attrdef' AS regclass)
        THEN (SELECT f.adrelid FROM pg_catalog.pg_attrdef f WHERE f.oid = d.objid)
      WHEN CAST('pg_catalog.pg_constraint' AS regclass)
        THEN (SELECT c.conrelid FROM pg_catalog.pg_constraint c WHERE c.oid = d.objid)
      WHEN CAST('pg_catalog.pg_trigger' AS regclass)
        THEN (SELECT t.tgrelid FROM pg_catalog.pg_trigger t WHERE t.oid = d.objid)
      WHEN CAST('pg_catalog.pg_rewrite' AS regclass)
        THEN (SELECT r.ev_class FROM pg_catalog.pg_rewrite r WHERE r.oid = d.objid)
      WHEN CAST('pg_catalog.pg_policy' AS regclass)
        THEN (SELECT p.polrelid FROM pg_catalog.pg_policy p WHERE p.oid = d.objid)
    END,
    0
  ) AS relation
FROM pg_catalog.pg_depend d
WHERE d.refclassid = CAST('pg_catalog.pg_class' AS regclass)
  AND d.refobjid = ANY ($$1)
UNION
SELECT 0
FROM unnest($$1) given (oid)
CROSS JOIN LATERAL (SELECT c.reltype FROM pg_catalog.pg_class c WHERE c.oid = given.oid OFFSET 0) c
CROSS JOIN LATERAL (SELECT own.oid, own.typarray FROM pg_catalog.pg_type own WHERE own.oid = c.reltype OFFSET 0) own
CROSS JOIN LATERAL (
  SELECT FROM pg_catalog.pg_depend d
  WHERE d.refclassid = CAST('pg_catalog.pg_type' AS regclass)
    AND d.refobjid IN (own.oid, own.typarray)
    AND d.deptype <> 'i'
  OFFSET 0
) d
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
