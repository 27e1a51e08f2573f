"""Read what there is of a trail: functions, triggers, rights and partitions, and then batches, seals and entries."""

from __future__ import annotations

from pytest_dbops.backends.audit_trail import Spelling, SqlTrail
from pytest_dbops.backends.postgresql.audit.functions import function_text
from pytest_dbops.backends.postgresql.audit.tables import month_of
from pytest_dbops.backends.postgresql.audit.triggers import read_trigger
from pytest_dbops.core.audit.installed import AuditObject, Grant, Installed, Partition, Role
from pytest_dbops.core.audit.months import months_from
from pytest_dbops.core.audit.port import Reader
from pytest_dbops.core.catalog.names import display_name

_PLACES = """
SELECT (SELECT count(*) > 0 FROM pg_catalog.pg_namespace WHERE nspname = 'dbops') AS has_schema,
    (SELECT count(*) > 0 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = 'dbops' AND c.relname = 'audit_log') AS has_log,
    pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM') AS month
"""
_FUNCTIONS = """
SELECT n.nspname || '.' || p.proname AS name, p.prosrc AS body, p.prosecdef AS is_definer, l.lanname AS language,
    coalesce(pg_catalog.array_to_string(p.proconfig, '; '), '') AS settings
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE n.nspname = 'dbops' AND p.proname IN ('audit_record', 'audit_refuse')
ORDER BY 1
"""
_TRIGGERS = """
SELECT n.nspname AS schema, c.relname AS table_name, t.tgname AS name, t.tgtype AS bits, t.tgenabled AS enabled,
    t.tgoldtable AS old_rows, t.tgnewtable AS new_rows, t.tgargs AS arguments,
    (t.tgqual IS NOT NULL OR t.tgattr::pg_catalog.text <> '') AS is_narrowed,
    fn.nspname || '.' || f.proname AS function
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_proc AS f ON f.oid = t.tgfoid
JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.pronamespace
WHERE (NOT t.tgisinternal OR t.tgparentid <> 0) AND t.tgname LIKE 'dbops\\_audit\\_%'
ORDER BY 1, 2, 3
"""
_GRANTS = """
SELECT x.subject, coalesce(r.rolname, 'PUBLIC') AS grantee, x.privilege_type AS privilege
FROM (
    SELECT 'dbops.' || c.relname AS subject, c.relowner AS owner, a.grantee, a.privilege_type
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a
    WHERE n.nspname = 'dbops' AND c.relname LIKE 'audit\\_%' AND a.privilege_type NOT IN ('SELECT', 'REFERENCES')
        AND NOT (c.relkind = 'S' AND a.privilege_type = 'USAGE')
    UNION ALL
    SELECT 'dbops.' || p.proname || '()', p.proowner, a.grantee, a.privilege_type
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS a
    WHERE n.nspname = 'dbops' AND p.proname IN ('audit_record', 'audit_refuse')
    UNION ALL
    SELECT 'schema dbops', n.nspowner, a.grantee, a.privilege_type
    FROM pg_catalog.pg_namespace AS n
    CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) AS a
    WHERE n.nspname = 'dbops' AND a.privilege_type = 'CREATE'
) AS x
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = x.grantee
WHERE x.grantee <> x.owner
ORDER BY 1, 2, 3
"""
PARTITIONS = """
SELECT c.relname AS name
FROM pg_catalog.pg_inherits AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = pg_catalog.to_regclass('dbops.audit_log')
ORDER BY 1
"""
IN_DEFAULT = """
SELECT DISTINCT pg_catalog.to_char(at AT TIME ZONE 'UTC', 'YYYY-MM') AS month FROM dbops.audit_log_default ORDER BY 1
"""
_SPELLING = Spelling(
    prefix="dbops.",
    at="""to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    oldest_s="coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::double precision",
    ends="""
SELECT s.tenant, s.number, s.hash
FROM unnest(CAST(:tenants AS text[])) AS t (tenant)
CROSS JOIN LATERAL (
    SELECT * FROM dbops.audit_seal AS s WHERE s.tenant = t.tenant ORDER BY s.number DESC LIMIT 1
) AS s
""",
    listed=list,
)


def read_installed(reader: Reader, ahead: int) -> Installed:
    """Return everything of the trail but its entries; eight statements. ahead: months after this one."""
    place = reader.query(_PLACES)[0]
    months = months_from(str(place["month"]), ahead)
    if not place["has_log"]:
        return Installed(has_schema=place["has_schema"], objects=_objects(reader), months=months)
    trail, partitions = trail_behind(reader), _partitions(reader)
    return Installed(
        has_schema=True,
        has_log=True,
        objects=_objects(reader),
        grants=tuple(Grant(**row) for row in reader.query(_GRANTS)),
        partitions=partitions,
        months=months,
        oldest=min((month for each in partitions for month in (each.month, *each.holds) if month), default=""),
        standing=trail.standing(),
        waiting=trail.waiting(),
    )


def _objects(reader: Reader) -> tuple[AuditObject, ...]:
    found = [
        AuditObject(
            Role.FUNCTION, row["name"], "",
            function_text(
                row["body"], is_definer=row["is_definer"], settings=row["settings"], language=row["language"]
            ),
        )
        for row in reader.query(_FUNCTIONS)
    ]  # fmt: skip
    found += [read_trigger(row, display_name(row["schema"], row["table_name"])) for row in reader.query(_TRIGGERS)]
    return tuple(found)


def _partitions(reader: Reader) -> tuple[Partition, ...]:
    names = [str(row["name"]) for row in reader.query(PARTITIONS)]
    has_default = "audit_log_default" in names
    held = tuple(str(row["month"]) for row in reader.query(IN_DEFAULT)) if has_default else ()
    return tuple(Partition(name, month_of(name), () if month_of(name) else held) for name in names)


def trail_behind(reader: Reader) -> SqlTrail:
    """Return the trail behind a session or a connection of ours."""
    return SqlTrail(reader, _SPELLING)
