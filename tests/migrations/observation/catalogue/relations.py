"""Tables, partitions, views, triggers, policies and functions."""

from __future__ import annotations

from tests.migrations.observation.catalogue.case import AE, EXCLUSIVE, READS, SRE, SUE, Case

PARENT = (
    "CREATE TABLE parent (id serial PRIMARY KEY, note text);"
    " CREATE VIEW notes AS SELECT note FROM parent;"
    " CREATE MATERIALIZED VIEW kept AS SELECT note FROM parent;"
    " CREATE TABLE child (id integer REFERENCES parent);"
)
FOREIGN_KEY = "ALTER TABLE invoice ADD CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customer;"
TOTALS = (
    "CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(price) AS total FROM invoice GROUP BY 1;"
    " CREATE UNIQUE INDEX totals_idx ON totals (customer_id);"
)
LOOSE = "CREATE TABLE loose (day date, note text); INSERT INTO loose VALUES ('2025-02-28', 'made up');"
LOOSE_BUT_CHECKED = (
    "CREATE TABLE loose (day date, note text);"
    " INSERT INTO loose VALUES ('2025-02-28', 'made up');"
    " ALTER TABLE loose ADD CHECK (day IS NOT NULL AND day >= '2025-01-01' AND day < '2026-01-01');"
)
FUNCTION = "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
TRIGGER = (
    "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW;"
    " END';"
    " CREATE TRIGGER idle BEFORE INSERT ON invoice FOR EACH ROW EXECUTE FUNCTION nothing();"
)

CASES = (
    Case("rename a table", "ALTER TABLE invoice RENAME TO bill", {"invoice": AE}),
    Case("move a table to another schema", "ALTER TABLE invoice SET SCHEMA aside", {"invoice": AE}),
    Case(
        "drop a table",
        "DROP TABLE parent",
        {"parent": AE, "parent_id_seq": AE, "parent_pkey": AE},
        setup="CREATE TABLE parent (id serial PRIMARY KEY, note text);",
    ),
    Case(
        "drop a table with all that hangs on it",
        "DROP TABLE parent CASCADE",
        {"child": AE, "kept": AE, "notes": AE, "parent": AE, "parent_id_seq": AE, "parent_pkey": AE},
        setup=PARENT,
    ),
    Case(
        "truncate",
        "TRUNCATE invoice",
        {"invoice": AE, "invoice_due_idx": AE, "invoice_pkey": AE},
        rewritten=frozenset({"invoice"}),
        rebuilt=frozenset({"invoice_due_idx", "invoice_pkey"}),
        scanned=frozenset({"invoice"}),
    ),
    Case(
        "truncate with all that refers to it",
        "TRUNCATE customer CASCADE",
        {"customer": AE, "customer_pkey": AE, "invoice": AE, "invoice_due_idx": AE, "invoice_pkey": AE},
        rewritten=frozenset({"customer", "invoice"}),
        rebuilt=frozenset({"customer_pkey", "invoice_due_idx", "invoice_pkey"}),
        scanned=frozenset({"customer", "invoice"}),
        setup=FOREIGN_KEY,
    ),
    Case(
        "set unlogged",
        "ALTER TABLE invoice SET UNLOGGED",
        {"invoice": AE, "invoice_due_idx": AE, "invoice_pkey": AE},
        rewritten=frozenset({"invoice"}),
        rebuilt=frozenset({"invoice_due_idx", "invoice_pkey"}),
        scanned=frozenset({"invoice"}),
    ),
    Case(
        "set logged",
        "ALTER TABLE fast SET LOGGED",
        {"fast": AE},
        rewritten=frozenset({"fast"}),
        scanned=frozenset({"fast"}),
        setup="CREATE UNLOGGED TABLE fast AS SELECT id, note FROM invoice;",
    ),
    Case(
        "cluster",
        "CLUSTER invoice USING invoice_due_idx",
        {"invoice": AE, "invoice_due_idx": AE, "invoice_pkey": AE},
        rewritten=frozenset({"invoice"}),
        rebuilt=frozenset({"invoice_due_idx", "invoice_pkey"}),
        scanned=frozenset({"invoice"}),
    ),
    Case(
        "move a table to another tablespace",
        "ALTER TABLE invoice SET TABLESPACE dbops_catalogue",
        {"invoice": AE},
        rewritten=frozenset({"invoice"}),
    ),
    Case(
        "set the access method",
        "ALTER TABLE invoice SET ACCESS METHOD heap2",
        {"invoice": AE, "invoice_due_idx": AE, "invoice_pkey": AE},
        rewritten=frozenset({"invoice"}),
        rebuilt=frozenset({"invoice_due_idx", "invoice_pkey"}),
        scanned=frozenset({"invoice"}),
    ),
    Case("set the fillfactor", "ALTER TABLE invoice SET (fillfactor = 70)", {"invoice": SUE}),
    Case("comment", "COMMENT ON TABLE invoice IS 'made up'", {"invoice": SUE}),
    Case("analyze", "ANALYZE invoice", {"invoice": SUE}),
    Case(
        "vacuum full in a transaction",
        "VACUUM FULL invoice",
        reason="it failed: VACUUM cannot run inside a transaction block",
    ),
    Case(
        "refresh a materialized view",
        "REFRESH MATERIALIZED VIEW totals",
        {"invoice": READS, "totals": AE, "totals_idx": AE},
        rewritten=frozenset({"totals"}),
        rebuilt=frozenset({"totals_idx"}),
        scanned=frozenset({"invoice", "totals"}),
        changed={"totals": (100, 0, 0)},
        setup=TOTALS,
    ),
    Case(
        "refresh a materialized view concurrently",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY totals",
        {"invoice": READS, "totals": EXCLUSIVE},
        scanned=frozenset({"invoice", "totals"}),
        setup=TOTALS,
    ),
    Case("create a view", "CREATE VIEW codes AS SELECT code FROM invoice", {"invoice": READS}),
    Case(
        "replace a view",
        "CREATE OR REPLACE VIEW codes AS SELECT code, 1 AS one FROM invoice",
        {"codes": AE, "invoice": READS},
        setup="CREATE VIEW codes AS SELECT code FROM invoice;",
    ),
    Case(
        "create a table from another",
        "CREATE TABLE copied AS SELECT id FROM invoice",
        {"invoice": READS},
        scanned=frozenset({"invoice"}),
    ),
    Case(
        "create a partition",
        "CREATE TABLE entry_2026 PARTITION OF entry FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        {"entry": AE},
    ),
    Case(
        "create a partition beside a default one",
        "CREATE TABLE entry_2026 PARTITION OF entry FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        {"entry": AE, "rest": AE},
        scanned=frozenset({"rest"}),
        setup="CREATE TABLE rest PARTITION OF entry DEFAULT;",
    ),
    Case(
        "attach a partition",
        "ALTER TABLE entry ATTACH PARTITION loose FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
        {"entry": SUE, "loose": AE},
        scanned=frozenset({"loose"}),
        setup=LOOSE,
    ),
    Case(
        "attach a partition behind a CHECK",
        "ALTER TABLE entry ATTACH PARTITION loose FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
        {"entry": SUE, "loose": AE},
        setup=LOOSE_BUT_CHECKED,
    ),
    Case("detach a partition", "ALTER TABLE entry DETACH PARTITION entry_2024", {"entry": AE, "entry_2024": AE}),
    Case(
        "create a trigger",
        "CREATE TRIGGER idle BEFORE INSERT ON invoice FOR EACH ROW EXECUTE FUNCTION nothing()",
        {"invoice": SRE},
        setup=FUNCTION,
    ),
    Case("drop a trigger", "DROP TRIGGER idle ON invoice", {"invoice": AE}, setup=TRIGGER),
    Case("disable a trigger", "ALTER TABLE invoice DISABLE TRIGGER idle", {"invoice": SRE}, setup=TRIGGER),
    Case("change how volatile a function is", "ALTER FUNCTION nothing() STABLE", setup=FUNCTION),
    Case("make a function run as its owner", "ALTER FUNCTION nothing() SECURITY DEFINER", setup=FUNCTION),
    Case("enable row level security", "ALTER TABLE invoice ENABLE ROW LEVEL SECURITY", {"invoice": AE}),
    Case("create a policy", "CREATE POLICY own ON invoice USING (true)", {"invoice": AE}),
    Case("alter a sequence", "ALTER SEQUENCE number RESTART WITH 5", {"number": SRE}, setup="CREATE SEQUENCE number;"),
    Case("lock a table", "LOCK TABLE invoice IN EXCLUSIVE MODE", {"invoice": EXCLUSIVE}),
    Case(
        "change a table from within a block",
        "DO $$BEGIN ALTER TABLE invoice ADD COLUMN extra integer; END$$",
        {"invoice": AE},
    ),
)
