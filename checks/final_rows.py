"""Checks that the database itself still refuses to change what is final."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_dbops import Catalog, Finding, Severity, check

POSTGRESQL: Mapping[str, tuple[str, ...]] = {
    "audit_log": ("audit_log_never_changes", "audit_log_is_never_emptied"),
    "invoice": ("invoice_is_frozen",),
    "invoice_line": ("invoice_part_is_frozen",),
    "invoice_tax": ("invoice_part_is_frozen",),
    "journal_entry": ("journal_entry_balances", "journal_entry_is_frozen"),
    "journal_line": ("journal_line_balances", "journal_line_is_frozen"),
    "payment": ("payment_public_id_is_kept",),
    "tax_rate": ("tax_rate_overlaps",),
}

SQLITE: Mapping[str, tuple[str, ...]] = {
    "audit_log": ("audit_log_never_changes", "audit_log_is_never_emptied"),
    "fiscal_period": ("fiscal_period_overlaps_insert", "fiscal_period_overlaps_update"),
    "invoice": ("invoice_is_frozen_update", "invoice_is_frozen_delete"),
    "invoice_line": tuple(f"invoice_line_is_frozen_{event}" for event in ("insert", "update", "delete")),
    "invoice_tax": tuple(f"invoice_tax_is_frozen_{event}" for event in ("insert", "update", "delete")),
    "journal_entry": (
        "journal_entry_balances",
        "journal_entry_is_born_open",
        "journal_entry_is_frozen_update",
        "journal_entry_is_frozen_delete",
        "journal_entry_period_is_open",
        "journal_entry_period_is_still_open",
    ),
    "journal_line": tuple(f"journal_line_is_frozen_{event}" for event in ("insert", "update", "delete")),
    "payment": ("payment_public_id_is_kept",),
    "tax_rate": ("tax_rate_overlaps_insert", "tax_rate_overlaps_update"),
}


@check("BKS022", severity=Severity.CRITICAL)
def final_rows_are_not_guarded(catalog: Catalog) -> Iterator[Finding]:
    """A trigger that protects final rows is missing or switched off.

    Locked invoices, posted entries, the audit log and the balance of the books then depend on every
    program that writes. Switch the trigger on again, then look for what slipped through with the other
    checks of this folder.
    """
    guards = POSTGRESQL if catalog.dialect == "postgresql" else SQLITE
    for table, names in guards.items():
        found = catalog.table(catalog.default_schema, table).triggers
        firing = {trigger.name for trigger in found if trigger.enabled in ("origin", "always")}
        for name in names:
            if name not in firing:
                yield Finding(
                    subject=f"{table}.{name}",
                    message=f"trigger {name!r} on {table!r} is missing or switched off",
                    hint=f"ALTER TABLE {table} ENABLE TRIGGER {name}, or run the migrations",
                )
