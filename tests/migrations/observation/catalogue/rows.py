"""Rows and enum values."""

from __future__ import annotations

from tests.migrations.observation.catalogue.case import WRITES, Case

CASES = (
    Case(
        "update all rows",
        "UPDATE invoice SET note = 'other'",
        {"invoice": WRITES},
        scanned=frozenset({"invoice"}),
        changed={"invoice": (0, 300, 0)},
    ),
    Case(
        "delete all rows",
        "DELETE FROM invoice",
        {"invoice": WRITES},
        scanned=frozenset({"invoice"}),
        changed={"invoice": (0, 0, 300)},
    ),
    Case(
        "copy rows",
        "INSERT INTO customer SELECT id + 1000, 'copied' FROM customer",
        {"customer": WRITES},
        scanned=frozenset({"customer"}),
        changed={"customer": (100, 0, 0)},
    ),
    Case("add a value to an enum", "ALTER TYPE mood ADD VALUE 'calm'"),
    Case("rename a value of an enum", "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'"),
    Case(
        "use a value of an enum at once",
        "INSERT INTO feeling VALUES ('calm')",
        setup="CREATE TABLE feeling (mood mood);",
        before=("ALTER TYPE mood ADD VALUE 'calm'",),
        reason='it failed: unsafe use of new value "calm" of enum type mood',
    ),
)
