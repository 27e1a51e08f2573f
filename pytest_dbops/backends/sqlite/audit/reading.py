"""Read what there is of a trail: triggers, and then batches, seals and entries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_dbops.backends.audit_trail import Spelling, SqlTrail
from pytest_dbops.backends.sqlite.audit.triggers import quoted
from pytest_dbops.core.audit.installed import AuditObject, Installed, Role
from pytest_dbops.core.audit.port import Reader

_HAS_LOG = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'dbops_audit_log'"
_MONTHS = """
SELECT strftime('%Y-%m', 'now') AS month, coalesce(
    (SELECT substr(at, 1, 7) FROM dbops_audit_log ORDER BY id LIMIT 1), '') AS oldest
"""
_TRIGGERS = r"""
SELECT name, tbl_name, sql FROM sqlite_schema
WHERE type = 'trigger' AND (name LIKE 'dbops\_audit\_%' ESCAPE '\') ORDER BY tbl_name, name
"""
_SPELLING = Spelling(
    prefix="dbops_",
    at="at",
    oldest_s="coalesce((julianday('now') - julianday(min(at))) * 86400.0, 0.0)",
    ends="""
SELECT s.tenant, s.number, s.hash
FROM json_each(:tenants) AS t
JOIN dbops_audit_seal AS s ON s.tenant = t.value
    AND s.number = (SELECT max(number) FROM dbops_audit_seal AS m WHERE m.tenant = t.value)
""",
    listed=lambda tenants: json.dumps(list(tenants)),
)


def read_installed(reader: Reader) -> Installed:
    """Return everything of the trail but its entries; five statements."""
    objects = tuple(_trigger(row) for row in reader.query(_TRIGGERS))
    if not reader.query(_HAS_LOG):
        return Installed(has_schema=True, objects=objects)
    trail = trail_behind(reader)
    months = reader.query(_MONTHS)[0]
    return Installed(
        has_schema=True, has_log=True, objects=objects, months=(str(months["month"]),), oldest=str(months["oldest"]),
        standing=trail.standing(), waiting=trail.waiting(),
    )  # fmt: skip


def _trigger(row: Mapping[str, Any]) -> AuditObject:
    table, name = str(row["tbl_name"]), str(row["name"])
    role = Role.REFUSES if table.startswith("dbops_audit_") else Role.RECORDS
    return AuditObject(role, table, name, str(row["sql"]), drop=(f"DROP TRIGGER {quoted(name)}",))


def trail_behind(reader: Reader) -> SqlTrail:
    """Return the trail behind a session or a connection of ours."""
    return SqlTrail(reader, _SPELLING)
