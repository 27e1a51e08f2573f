"""For each of the application's checks: statements that put a seeded database into the state it names.

They are run with triggers, foreign keys and CHECKs out of the way, as after a restore gone wrong. A
statement for one product only is written `postgresql:` or `sqlite:`.
"""

from __future__ import annotations

KEY = "INSERT INTO encryption_key (id, owner_org_id, purpose, state, wrapped_key, created_at, activated_at)"
LATE = "'2999-01-01 00:00:00+00'"

BROKEN_BY: dict[str, tuple[str, ...]] = {
    "BKS001": ("UPDATE invoice SET net = net + 1, gross = gross + 1 WHERE id = 2",),
    "BKS002": ("UPDATE invoice_tax SET base = base + 1 WHERE invoice_id = 2",),
    "BKS003": ("UPDATE quote SET tax = tax + 1, gross = gross + 1 WHERE id = 1",),
    "BKS004": ("UPDATE invoice SET paid = paid - 1 WHERE id = 6",),
    "BKS005": ("UPDATE payment SET amount = amount - 1 WHERE id = 3",),
    "BKS006": ("UPDATE payment SET customer_id = 1 WHERE id = 3",),
    "BKS007": ("UPDATE invoice SET status = 'issued' WHERE id = 3",),
    "BKS008": ("UPDATE invoice SET due_on = '2999-01-01' WHERE id = 6",),
    "BKS009": ("DELETE FROM invoice WHERE id = 12",),
    "BKS010": ("UPDATE journal_line SET debit = debit + 1 WHERE entry_id = 1 AND debit > 0",),
    "BKS011": ("UPDATE journal_line SET credit = credit + 1 WHERE entry_id = 2 AND credit > 0",),
    "BKS012": ("UPDATE invoice SET base_paid = base_paid - 1 WHERE id = 6",),
    "BKS013": ("UPDATE journal_entry SET posted_at = NULL WHERE source_kind = 'invoice' AND source_id = 2",),
    "BKS014": (
        "UPDATE journal_line SET account_id = 2 WHERE account_id = 1 AND entry_id ="
        " (SELECT id FROM journal_entry WHERE source_kind = 'invoice' AND source_id = 2)",
    ),
    "BKS015": ("UPDATE journal_entry SET booked_on = '1999-01-01' WHERE id = 1",),
    "BKS016": ("UPDATE fiscal_period SET closed_at = '2000-01-01 00:00:00+00' WHERE id = 1",),
    "BKS017": ("UPDATE invoice SET number = number + 100 WHERE id = 10",),
    "BKS018": ("UPDATE invoice SET issued_on = '1999-01-01' WHERE id = 10",),
    "BKS019": (
        "postgresql:ALTER TABLE invoice DROP CONSTRAINT ck_invoice_number_unless_draft",
        "UPDATE invoice SET number = 999 WHERE status = 'draft'",
    ),
    "BKS020": ("UPDATE invoice_line SET description = 'something else' WHERE invoice_id = 2 AND pos = 1",),
    "BKS021": ("UPDATE invoice SET locked_at = NULL WHERE id = 2",),
    "BKS023": ("UPDATE invoice SET net = net * 2, tax = tax * 2, gross = gross * 2 WHERE id = 12",),
    "BKS024": ("UPDATE quote SET net = net - 1, gross = gross - 1 WHERE id = 2",),
    "BKS025": ("UPDATE quote SET status = 'rejected' WHERE id = 2",),
    "BKS026": ("UPDATE tax_rate SET rate = rate + 1 WHERE country_code = 'DE' AND valid_to IS NULL",),
    "BKS027": ("UPDATE currency SET smallest_amount = smallest_amount * 7 WHERE code = 'JPY'",),
    "BKS028": ("UPDATE invoice SET fx_rate = fx_rate * 2 WHERE id = 2",),
    "BKS029": ("UPDATE invoice SET fx_rate = fx_rate * 2 WHERE id = 2",),
    "BKS030": ("UPDATE attachment SET owner_id = 99 WHERE id = 1",),
    "BKS031": ("UPDATE journal_entry SET source_id = 99 WHERE id = 1",),
    "BKS032": ("UPDATE consent SET subject_id = 99 WHERE id = 1",),
    "BKS033": ("UPDATE invoice SET customer_id = 2 WHERE id = 2",),
    "BKS034": ("UPDATE time_entry SET invoice_pos = 99 WHERE id = 1",),
    "BKS035": ("UPDATE app_user SET status = 'disabled' WHERE id = 1",),
    "BKS036": ("UPDATE app_user SET status = 'disabled' WHERE id = 2",),
    "BKS037": ("DELETE FROM role_permission WHERE role_id = 3",),
    "BKS038": (
        "postgresql:ALTER TABLE customer DROP CONSTRAINT ck_customer_email_has_blind_index",
        "postgresql:UPDATE customer SET email_bidx = '\\x00' WHERE id = 1",
        "sqlite:UPDATE customer SET email_bidx = x'00' WHERE id = 1",
    ),
    "BKS039": (
        f"postgresql:{KEY} VALUES (8, 1, 'field', 'active', '\\x00', {LATE}, {LATE})",
        f"postgresql:{KEY} VALUES (9, 1, 'field', 'active', '\\x00', {LATE}, {LATE})",
        f"sqlite:{KEY} VALUES (8, 1, 'field', 'active', x'00', {LATE}, {LATE})",
        f"sqlite:{KEY} VALUES (9, 1, 'field', 'active', x'00', {LATE}, {LATE})",
    ),
    "BKS040": ("DELETE FROM audit_log WHERE id > 200",),
    "BKS041": ("UPDATE customer SET notes = 'called again' WHERE id = 5",),
    "BKS042": ("UPDATE customer SET retain_until = '2001-12-31' WHERE id = 5",),
    "BKS043": ("DELETE FROM gdpr_action WHERE request_id = 1",),
    "BKS044": (f"UPDATE gdpr_request SET completed_at = {LATE} WHERE id = 1",),
    "BKS045": ("UPDATE audit_log SET changed = '{}' WHERE id = 3",),
    "BKS046": ("DELETE FROM audit_log WHERE id = 3",),
    "BKS047": (
        'UPDATE audit_log SET changed = \'{"old": {"row_version": 5}, "new": {"row_version": 4}}\''
        " WHERE table_name = 'project' AND op = 'UPDATE'",
    ),
    "BKS049": ("DELETE FROM audit_log WHERE table_name = 'invoice' AND op = 'INSERT'",),
    "BKS050": (
        "postgresql:ALTER TABLE fiscal_period DROP CONSTRAINT ex_fiscal_period_no_overlap",
        "UPDATE fiscal_period SET ends_on = '2999-12-31'",
    ),
    "BKS051": ("UPDATE tax_rate SET valid_to = NULL WHERE country_code = 'DE'",),
    "BKS052": ("UPDATE customer SET erased_at = NULL WHERE id = 5",),
}

SWITCHED_OFF = {
    "BKS022": (
        "postgresql:ALTER TABLE invoice DISABLE TRIGGER invoice_is_frozen",
        "sqlite:DROP TRIGGER tax_rate_overlaps_insert",
    ),
    "BKS048": (
        "postgresql:ALTER TABLE payment DISABLE TRIGGER audit_update",
        "sqlite:DROP TRIGGER audit_payment_update",
    ),
}


def statements_for(dialect: str, statements: tuple[str, ...]) -> list[str]:
    """Return the statements meant for one product, without their mark."""
    chosen = []
    for statement in statements:
        mark, _, rest = statement.partition(":")
        if mark not in ("postgresql", "sqlite"):
            chosen.append(statement)
        elif mark == dialect:
            chosen.append(rest)
    return chosen
