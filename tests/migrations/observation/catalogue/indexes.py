"""Indexes in a transaction."""

from __future__ import annotations

from tests.migrations.observation.catalogue.case import AE, SHARE, SUE, Case

CASES = (
    Case("create an index", "CREATE INDEX ON invoice (code)", {"invoice": SHARE}, scanned=frozenset({"invoice"})),
    Case(
        "create a unique index",
        "CREATE UNIQUE INDEX ON invoice (code)",
        {"invoice": SHARE},
        scanned=frozenset({"invoice"}),
    ),
    Case("drop an index", "DROP INDEX invoice_due_idx", {"invoice": AE, "invoice_due_idx": AE}),
    Case("rename an index", "ALTER INDEX invoice_due_idx RENAME TO other_idx", {"invoice_due_idx": SUE}),
    Case(
        "reindex an index",
        "REINDEX INDEX invoice_due_idx",
        {"invoice": SHARE, "invoice_due_idx": AE},
        rebuilt=frozenset({"invoice_due_idx"}),
        scanned=frozenset({"invoice"}),
    ),
    Case(
        "reindex a table",
        "REINDEX TABLE invoice",
        {"invoice": SHARE, "invoice_due_idx": AE, "invoice_pkey": AE},
        rebuilt=frozenset({"invoice_due_idx", "invoice_pkey"}),
        scanned=frozenset({"invoice"}),
    ),
    Case(
        "create an index concurrently in a transaction",
        "CREATE INDEX CONCURRENTLY ON invoice (code)",
        reason="it failed: CREATE INDEX CONCURRENTLY cannot run inside a transaction block",
    ),
)
