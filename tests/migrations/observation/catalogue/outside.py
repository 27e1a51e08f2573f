"""Statements that are transactions of their own."""

from __future__ import annotations

from tests.migrations.observation.catalogue.case import AE, SHARE, SRE, SUE, WRITES, Case

CASES = (
    Case(
        "create an index concurrently",
        "CREATE INDEX CONCURRENTLY code_idx ON invoice (code)",
        {"invoice": SUE},
        scanned=frozenset({"invoice"}),
    ),
    Case(
        "create a unique index concurrently over duplicates",
        "CREATE UNIQUE INDEX CONCURRENTLY note_idx ON invoice (note)",
        {"invoice": SUE},
        scanned=frozenset({"invoice"}),
        invalid=frozenset({"note_idx"}),
        reason="it failed: could not create unique index",
    ),
    Case("drop an index concurrently", "DROP INDEX CONCURRENTLY invoice_due_idx", {"invoice": SUE}),
    Case(
        "reindex an index concurrently",
        "REINDEX INDEX CONCURRENTLY invoice_due_idx",
        {"invoice": SUE},
        scanned=frozenset({"invoice"}),
    ),
    Case(
        "reindex a table concurrently",
        "REINDEX TABLE CONCURRENTLY invoice",
        {"invoice": SUE},
        scanned=frozenset({"invoice"}),
    ),
    Case(
        "detach a partition concurrently",
        "ALTER TABLE entry DETACH PARTITION entry_2024 CONCURRENTLY",
        {"entry": SUE, "entry_2024": AE},
    ),
    Case(
        "vacuum full",
        "VACUUM FULL invoice",
        {"invoice": AE},
        rewritten=frozenset({"invoice"}),
        rebuilt=frozenset({"invoice_due_idx", "invoice_pkey"}),
        scanned=frozenset({"invoice"}),
    ),
    Case("vacuum", "VACUUM invoice", {"invoice": SUE}),
    Case(
        "cluster by itself",
        "CLUSTER invoice USING invoice_due_idx",
        {"invoice": AE},
        rewritten=frozenset({"invoice"}),
        rebuilt=frozenset({"invoice_due_idx", "invoice_pkey"}),
        scanned=frozenset({"invoice"}),
    ),
    Case("add a column by itself", "ALTER TABLE invoice ADD COLUMN extra integer", {"invoice": AE}),
    Case(
        "create an index by itself",
        "CREATE INDEX ON invoice (code)",
        {"invoice": SHARE},
        scanned=frozenset({"invoice"}),
    ),
    Case("drop a table by itself", "DROP TABLE customer", {"customer": AE}),
    Case(
        "create a table with a foreign key by itself",
        "CREATE TABLE line (id integer PRIMARY KEY, invoice_id integer REFERENCES invoice)",
        {"invoice": SRE},
    ),
    Case(
        "update all rows by itself",
        "UPDATE invoice SET note = 'other'",
        {"invoice": WRITES},
        scanned=frozenset({"invoice"}),
        changed={"invoice": (0, 300, 0)},
    ),
    Case("add a value to an enum by itself", "ALTER TYPE mood ADD VALUE 'calm'"),
)
