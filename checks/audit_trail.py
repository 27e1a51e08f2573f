"""Checks that the audit trail is whole, and that nothing can change unseen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from accounting.audit import GENESIS, entry_hash
from pytest_dbops import Catalog, Cost, Finding, Privilege, Session, Severity, check

CHAIN = """
SELECT org_id, id, at, actor_id, actor_kind, table_name, op, CAST(row_pk AS text) AS row_pk,
    CAST(changed AS text) AS changed, prev_hash, hash
FROM audit_log
WHERE (org_id, id) > (:org_id, :id)
ORDER BY org_id, id
LIMIT :at_once
"""

ENTRIES_AT_ONCE = 5000

AUDITED = (
    "account",
    "customer",
    "customer_address",
    "fiscal_period",
    "invoice",
    "invoice_line",
    "journal_entry",
    "journal_line",
    "membership",
    "payment",
    "payment_allocation",
    "product",
    "project",
    "quote",
    "role",
    "role_permission",
)


@check("BKS045", severity=Severity.CRITICAL, cost=Cost.FULL, privilege=Privilege.SELECT)
def audit_chain_is_broken(session: Session) -> Iterator[Finding]:
    """An audit entry does not follow from the one before it.

    Each entry holds the hash of its predecessor and one over itself. Where they do not fit, an entry was
    altered, removed or put in later; every entry after it is in doubt. On SQLite the newest entries may
    still wait for their seal: run `accounting.audit.seal`.
    """
    organization, expected, waiting = None, GENESIS, False
    for entry in _entries(session):
        if entry["org_id"] != organization:
            organization, expected, waiting = entry["org_id"], GENESIS, False
        subject = f"audit_chain_is_broken[org_id={entry['org_id']}, id={entry['id']}]"
        if entry["hash"] is None:
            waiting = True
            continue
        if waiting:
            yield Finding(subject, "a sealed entry follows one without a seal", "compare the log with a backup")
        elif bytes(entry["prev_hash"]) != expected:
            yield Finding(subject, "the entry does not name its predecessor", "compare the log with a backup")
        elif entry_hash(expected, entry) != bytes(entry["hash"]):
            yield Finding(subject, "the entry was changed after it was sealed", "compare the log with a backup")
        expected = bytes(entry["hash"])


@check("BKS048", severity=Severity.CRITICAL)
def change_is_not_audited(catalog: Catalog) -> Iterator[Finding]:
    """An audited table lacks a trigger, or has one switched off.

    Changes of that table leave no trace. Switch the trigger on again, and find out what was written
    meanwhile by comparing with a backup.
    """
    for table in AUDITED:
        prefix = "audit_" if catalog.dialect == "postgresql" else f"audit_{table}_"
        found = catalog.table(catalog.default_schema, table).triggers
        firing = {trigger.name for trigger in found if trigger.enabled in ("origin", "always")}
        for name in (f"{prefix}{event}" for event in ("insert", "update", "delete")):
            if name not in firing:
                yield Finding(
                    subject=f"{table}.{name}",
                    message=f"trigger {name!r} on {table!r} is missing or switched off",
                    hint=f"ALTER TABLE {table} ENABLE TRIGGER {name}, or run the migrations",
                )


def _entries(session: Session) -> Iterator[Mapping[str, Any]]:
    """Return the whole log in order, a bounded number of rows in memory at a time."""
    org_id, last = 0, 0
    while page := session.query(CHAIN, {"org_id": org_id, "id": last, "at_once": ENTRIES_AT_ONCE}):
        yield from page
        org_id, last = page[-1]["org_id"], page[-1]["id"]
