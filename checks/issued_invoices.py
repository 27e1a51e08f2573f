"""Checks that an issued invoice still says what its recipient was told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from accounting.sealing import content_hash
from pytest_dbops import Cost, Finding, Privilege, Session, Severity, check

INVOICES_AT_ONCE = 1000

INVOICES = """
SELECT org_id, id, series, number, kind, credit_of_id, customer_id, issued_on, due_on, currency, fx_rate,
    net, tax, gross, bill_to_snapshot, content_hash
FROM invoice
WHERE content_hash IS NOT NULL AND (org_id, id) > (:org_id, :id)
ORDER BY org_id, id
LIMIT :at_once
"""

LINES = """
SELECT org_id, invoice_id, pos, description, quantity, unit_price, discount_pct, net, tax_pct, tax
FROM invoice_line
WHERE (org_id, invoice_id) > (:org_id, :id) AND (org_id, invoice_id) <= (:last_org_id, :last_id)
"""


@check("BKS020", severity=Severity.CRITICAL, cost=Cost.FULL, privilege=Privilege.SELECT)
def issued_invoice_was_changed(session: Session) -> Iterator[Finding]:
    """An issued invoice no longer matches the hash it was sealed with.

    The hash covers the header, the recipient and all lines. A difference means that a document which has
    left the house was altered past the trigger that locks it: restore it from a backup, and find out how.
    """
    org_id, last = 0, 0
    while invoices := session.query(INVOICES, {"org_id": org_id, "id": last, "at_once": INVOICES_AT_ONCE}):
        upto = invoices[-1]["org_id"], invoices[-1]["id"]
        bounds = {"org_id": org_id, "id": last, "last_org_id": upto[0], "last_id": upto[1]}
        lines: dict[tuple[int, int], list[Any]] = defaultdict(list)
        for line in session.query(LINES, bounds):
            lines[line["org_id"], line["invoice_id"]].append(line)
        for invoice in invoices:
            key = (invoice["org_id"], invoice["id"])
            if content_hash(invoice, lines[key]) != bytes(invoice["content_hash"]):
                yield Finding(
                    subject=f"issued_invoice_was_changed[org_id={key[0]}, id={key[1]}]",
                    message=f"invoice {invoice['series']}{invoice['number']} differs from what was issued",
                    hint="restore the document from a backup and find out who passed the lock by",
                )
        org_id, last = upto
