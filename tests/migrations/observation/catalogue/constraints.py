"""Constraints: NOT NULL, CHECK, keys, UNIQUE, EXCLUDE."""

from __future__ import annotations

from tests.migrations.observation.catalogue.case import AE, KEEPS, SRE, SUE, Case

UNPROVEN_CHECK = "ALTER TABLE invoice ADD CONSTRAINT positive CHECK (price > 0) NOT VALID;"
UNPROVEN_KEY = "ALTER TABLE invoice ADD CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customer NOT VALID;"
FOREIGN_KEY = "ALTER TABLE invoice ADD CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customer;"
INDEXED = "CREATE TABLE keyless AS SELECT id, note FROM invoice; CREATE UNIQUE INDEX keyless_idx ON keyless (id);"
INDEXED_NOT_NULL = (
    "CREATE TABLE keyless AS SELECT id, note FROM invoice;"
    " ALTER TABLE keyless ALTER id SET NOT NULL;"
    " CREATE UNIQUE INDEX keyless_idx ON keyless (id);"
)
UNPROVEN_NOT_NULL = "ALTER TABLE invoice ADD CONSTRAINT note_is_given NOT NULL note NOT VALID;"

CASES = (
    Case(
        "SET NOT NULL", "ALTER TABLE invoice ALTER note SET NOT NULL", {"invoice": AE}, scanned=frozenset({"invoice"})
    ),
    Case("SET NOT NULL behind a validated CHECK", "ALTER TABLE invoice ALTER code SET NOT NULL", {"invoice": AE}),
    Case("drop NOT NULL", "ALTER TABLE customer ALTER name DROP NOT NULL", {"customer": AE}),
    Case(
        "add a CHECK",
        "ALTER TABLE invoice ADD CONSTRAINT positive CHECK (price > 0)",
        {"invoice": AE},
        scanned=frozenset({"invoice"}),
    ),
    Case(
        "add a CHECK that is not valid",
        "ALTER TABLE invoice ADD CONSTRAINT positive CHECK (price > 0) NOT VALID",
        {"invoice": AE},
    ),
    Case(
        "validate a CHECK",
        "ALTER TABLE invoice VALIDATE CONSTRAINT positive",
        {"invoice": SUE},
        scanned=frozenset({"invoice"}),
        setup=UNPROVEN_CHECK,
    ),
    Case(
        "add a foreign key",
        "ALTER TABLE invoice ADD CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customer",
        {"customer": SRE, "invoice": SRE},
        scanned=frozenset({"customer", "invoice"}),
    ),
    Case(
        "add a foreign key that is not valid",
        "ALTER TABLE invoice ADD CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customer NOT VALID",
        {"customer": SRE, "invoice": SRE},
    ),
    Case(
        "validate a foreign key",
        "ALTER TABLE invoice VALIDATE CONSTRAINT of_customer",
        {"customer": KEEPS, "invoice": SUE},
        scanned=frozenset({"customer", "invoice"}),
        setup=UNPROVEN_KEY,
    ),
    Case(
        "drop a foreign key",
        "ALTER TABLE invoice DROP CONSTRAINT of_customer",
        {"customer": AE, "invoice": AE},
        setup=FOREIGN_KEY,
    ),
    Case(
        "create a table with a foreign key",
        "CREATE TABLE line (id integer PRIMARY KEY, invoice_id integer REFERENCES invoice)",
        {"invoice": SRE},
    ),
    Case("add UNIQUE", "ALTER TABLE invoice ADD UNIQUE (code)", {"invoice": AE}, scanned=frozenset({"invoice"})),
    Case(
        "add a primary key",
        "ALTER TABLE keyless ADD PRIMARY KEY (id)",
        {"keyless": AE},
        scanned=frozenset({"keyless"}),
        setup="CREATE TABLE keyless AS SELECT id, note FROM invoice;",
    ),
    Case(
        "add EXCLUDE",
        "ALTER TABLE invoice ADD EXCLUDE USING btree (code WITH =)",
        {"invoice": AE},
        scanned=frozenset({"invoice"}),
    ),
    Case(
        "primary key by an index on a nullable column",
        "ALTER TABLE keyless ADD PRIMARY KEY USING INDEX keyless_idx",
        {"keyless": AE},
        scanned=frozenset({"keyless"}),
        setup=INDEXED,
    ),
    Case(
        "primary key by an index on a NOT NULL column",
        "ALTER TABLE keyless ADD PRIMARY KEY USING INDEX keyless_idx",
        {"keyless": AE},
        setup=INDEXED_NOT_NULL,
    ),
    Case(
        "UNIQUE by an index",
        "ALTER TABLE invoice ADD UNIQUE USING INDEX invoice_code_idx",
        {"invoice": AE},
        setup="CREATE UNIQUE INDEX invoice_code_idx ON invoice (code);",
    ),
    Case(
        "add a NOT NULL that is not valid",
        "ALTER TABLE invoice ADD CONSTRAINT note_is_given NOT NULL note NOT VALID",
        {"invoice": AE},
        since=18,
    ),
    Case(
        "validate a NOT NULL",
        "ALTER TABLE invoice VALIDATE CONSTRAINT note_is_given",
        {"invoice": SUE},
        scanned=frozenset({"invoice"}),
        setup=UNPROVEN_NOT_NULL,
        since=18,
    ),
)
