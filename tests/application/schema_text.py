"""The schema of a database as a sorted list of lines, worded by the server itself."""

from __future__ import annotations

import re

from sqlalchemy import Connection, create_engine, pool, text

POSTGRESQL = r"""
WITH ours AS (SELECT oid FROM pg_namespace WHERE nspname = 'public'),
rel AS (SELECT c.* FROM pg_class c JOIN ours ON ours.oid = c.relnamespace WHERE c.relname <> 'alembic_version'
        AND NOT EXISTS (SELECT FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
                        WHERE i.indexrelid = c.oid AND t.relname = 'alembic_version'))
SELECT 'relation ' || relname || ' ' || relkind::text || ' rls=' || relrowsecurity || ' forced=' || relforcerowsecurity
    || ' acl=' || coalesce(relacl::text, '') || ' bound=' || coalesce(pg_get_expr(relpartbound, oid), '')
    || ' key=' || coalesce(pg_get_partkeydef(oid), '') || ' comment=' || coalesce(obj_description(oid), '')
    FROM rel
UNION ALL
SELECT 'column ' || rel.relname || '.' || attname || ' ' || format_type(atttypid, atttypmod)
    || ' not_null=' || attnotnull
    || ' identity=' || attidentity::text || ' default=' || coalesce(pg_get_expr(adbin, adrelid), '')
    || ' comment=' || coalesce(col_description(rel.oid, attnum), '')
    FROM pg_attribute JOIN rel ON rel.oid = attrelid LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p')
UNION ALL
SELECT 'constraint ' || rel.relname || '.' || conname || ' ' || pg_get_constraintdef(k.oid) || ' ' || convalidated
    FROM pg_constraint k JOIN rel ON rel.oid = conrelid
UNION ALL
SELECT 'index ' || pg_get_indexdef(indexrelid) || ' ' || indisvalid FROM pg_index JOIN rel ON rel.oid = indrelid
UNION ALL
SELECT 'trigger ' || pg_get_triggerdef(t.oid) || ' ' || tgenabled::text
    FROM pg_trigger t JOIN rel ON rel.oid = tgrelid WHERE NOT tgisinternal
UNION ALL
SELECT 'policy ' || rel.relname || '.' || polname || ' ' || polcmd::text || ' ' || polpermissive || ' '
    || coalesce(pg_get_expr(polqual, polrelid), '') || ' ' || coalesce(pg_get_expr(polwithcheck, polrelid), '')
    FROM pg_policy JOIN rel ON rel.oid = polrelid
UNION ALL
SELECT 'function ' || pg_get_functiondef(p.oid) || ' ' || coalesce(proacl::text, '')
    FROM pg_proc p JOIN ours ON ours.oid = pronamespace
UNION ALL
SELECT 'enum ' || t.typname || ' ' || string_agg(enumlabel, ',' ORDER BY enumsortorder)
    FROM pg_enum JOIN pg_type t ON t.oid = enumtypid JOIN ours ON ours.oid = typnamespace GROUP BY t.typname
UNION ALL
SELECT 'type ' || t.typname FROM pg_type t JOIN ours ON ours.oid = typnamespace
    WHERE typtype <> 'c' AND typelem = 0 AND typname NOT LIKE '\_%'
"""

SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'alembic_version'"
SQLITE += " AND name NOT LIKE 'dbops%'"


def read_schema(url: str) -> list[str]:
    """Return every object of the schema, alembic's own table left out."""
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        return _postgresql(connection) if engine.dialect.name == "postgresql" else _sqlite(connection)


def _postgresql(connection: Connection) -> list[str]:
    lines = connection.scalars(text(POSTGRESQL)).all()
    return sorted(line for line in lines if "alembic_version" not in line)


def _sqlite(connection: Connection) -> list[str]:
    lines: list[str] = []
    for kind, name, table, sql in connection.execute(text(SQLITE)):
        if kind != "table":
            lines.append(f"{kind} {name} on {table}: {' '.join(sql.split())}")
            continue
        inside, _, options = sql.partition("(")[2].rpartition(")")
        lines.append(f"table {name} {' '.join(options.split())}")
        # A rebuilt table lists its constraints in another order, which means nothing.
        lines += (f"{name}: {' '.join(part.split())}" for part in re.split(r",\s*\n", inside))
    return sorted(lines)
