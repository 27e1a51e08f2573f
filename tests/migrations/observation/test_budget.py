"""Real statements, observed on small tables, are judged as if the tables were as big as in production."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from pytest_dbops.core.environment import DEFAULT_POLICIES, Kind
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.observed.budget import judge_locks, unjudged_locks
from pytest_dbops.core.observed.sizes import Sizes, TableSize
from tests.migrations.observation.rehearsing import Rehearsal

BUDGET = DEFAULT_POLICIES[Kind.PRODUCTION].locks
BIG = TableSize(5_000_000)
SIZES = Sizes(
    "production", "postgresql", "2026-11-28T12:00:00+00:00",
    {"books.invoice": BIG, "books.entry": BIG, "books.entry_2024": BIG, "books.loose": BIG, "books.keyless": BIG,
     "books.totals": BIG, "books.customer": TableSize(500), "books.unused": TableSize(0)},
)  # fmt: skip
ALTER = "ALTER TABLE invoice "
KEYLESS = "CREATE TABLE keyless AS SELECT id, note FROM invoice;"
LOOSE = "CREATE TABLE loose (day date, note text);"
BOUNDS = "ALTER TABLE loose ADD CHECK (day IS NOT NULL AND day >= '2025-01-01' AND day < '2026-01-01');"
ATTACH = "ALTER TABLE entry ATTACH PARTITION loose FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')"
FOREIGN_KEY = ALTER + "ADD CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customer"
POSITIVE = ALTER + "ADD CONSTRAINT positive CHECK (price > 0)"
TOTALS = "CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(price) FROM invoice GROUP BY 1;"


@dataclass(frozen=True, slots=True)
class Script:
    """Statements of a revision, and what is said of them: the subject, the mode, a part of the hint."""

    name: str
    statements: Sequence[str]
    said: tuple[str, str, str] | None = None
    setup: str = ""
    is_autocommit: bool = False


def dangerous(name: str, sql: str, said: tuple[str, str, str], *, setup: str = "", alone: bool = False) -> Script:
    return Script(name, (sql,), said, setup, alone)


def clean(name: str, *statements: str, setup: str = "", alone: bool = False) -> Script:
    return Script(name, statements, None, setup, alone)


DANGEROUS = (
    dangerous("index", "CREATE INDEX ON invoice (code)", ("books.invoice", "SHARE", "CREATE INDEX CONCURRENTLY")),
    dangerous("unique index by itself", "CREATE UNIQUE INDEX ON invoice (code)",
              ("books.invoice", "SHARE", "CREATE INDEX CONCURRENTLY"), alone=True),
    dangerous("check", POSITIVE, ("books.invoice", "ACCESS EXCLUSIVE", "NOT VALID, and VALIDATE")),
    dangerous("not null", ALTER + "ALTER note SET NOT NULL",
              ("books.invoice", "ACCESS EXCLUSIVE", "ADD CHECK (column IS NOT NULL) NOT VALID")),
    dangerous("foreign key", FOREIGN_KEY, ("books.invoice", "SHARE ROW EXCLUSIVE", "NOT VALID, and VALIDATE")),
    dangerous("unique", ALTER + "ADD UNIQUE (code)",
              ("books.invoice", "ACCESS EXCLUSIVE", "then ADD CONSTRAINT ... USING INDEX")),
    dangerous("exclude", ALTER + "ADD EXCLUDE USING btree (code WITH =)",
              ("books.invoice", "ACCESS EXCLUSIVE", "cannot be built concurrently")),
    dangerous("primary key by a nullable index", "ALTER TABLE keyless ADD PRIMARY KEY USING INDEX keyless_idx",
              ("books.keyless", "ACCESS EXCLUSIVE", "SET NOT NULL on its columns first"),
              setup=KEYLESS + "CREATE UNIQUE INDEX keyless_idx ON keyless (id);"),
    dangerous("other type", ALTER + "ALTER customer_id TYPE bigint",
              ("books.invoice", "ACCESS EXCLUSIVE", "a new column of the new type")),
    dangerous("volatile default", ALTER + "ADD COLUMN token uuid DEFAULT gen_random_uuid()",
              ("books.invoice", "ACCESS EXCLUSIVE", "ADD COLUMN without the default")),
    dangerous("serial", ALTER + "ADD COLUMN number serial",
              ("books.invoice", "ACCESS EXCLUSIVE", "a sequence as its")),
    dangerous("stored", ALTER + "ADD COLUMN gross numeric GENERATED ALWAYS AS (price * 2) STORED",
              ("books.invoice", "ACCESS EXCLUSIVE", "VIRTUAL")),
    dangerous("update of all rows", "UPDATE invoice SET note = 'other'",
              ("books.invoice", "ROW EXCLUSIVE", "batches by ranges of the key")),
    dangerous("update of all rows by itself", "UPDATE invoice SET note = 'other'",
              ("books.invoice", "ROW EXCLUSIVE", "batches by ranges of the key"), alone=True),
    dangerous("delete of half the rows", "DELETE FROM invoice WHERE mod(id, 2) = 0",
              ("books.invoice", "ROW EXCLUSIVE", "batches by ranges of the key")),
    dangerous("vacuum full", "VACUUM FULL invoice", ("books.invoice", "ACCESS EXCLUSIVE", "pg_repack"), alone=True),
    dangerous("cluster", "CLUSTER invoice USING invoice_due_idx", ("books.invoice", "ACCESS EXCLUSIVE", "pg_repack")),
    dangerous("reindex", "REINDEX TABLE invoice", ("books.invoice", "ACCESS EXCLUSIVE", "REINDEX ... CONCURRENTLY")),
    dangerous("unlogged", ALTER + "SET UNLOGGED", ("books.invoice", "ACCESS EXCLUSIVE", "maintenance window")),
    dangerous("refresh", "REFRESH MATERIALIZED VIEW totals",
              ("books.totals", "ACCESS EXCLUSIVE", "REFRESH MATERIALIZED VIEW CONCURRENTLY"), setup=TOTALS),
    dangerous("attach", ATTACH, ("books.loose", "ACCESS EXCLUSIVE", "a validated CHECK of the partition's bounds"),
              setup=LOOSE),
    Script("lock held while another table is read",
           (ALTER + "ADD COLUMN extra integer", "CREATE INDEX ON entry (note)"),
           ("books.invoice", "ACCESS EXCLUSIVE", "take the lock last, or in a revision of its own")),
    Script("lock held while rows are copied", (ALTER + "ADD COLUMN extra integer", "UPDATE invoice SET extra = 7"),
           ("books.invoice", "ACCESS EXCLUSIVE", "take the lock last, or in a revision of its own")),
)  # fmt: skip

CLEAN = (
    clean("not null behind a validated check", ALTER + "ALTER code SET NOT NULL"),
    clean("constant default", ALTER + "ADD COLUMN extra integer NOT NULL DEFAULT 7"),
    clean("default now()", ALTER + "ADD COLUMN made timestamptz NOT NULL DEFAULT now()"),
    clean("wider varchar", ALTER + "ALTER label TYPE varchar(60)"),
    clean("varchar to text", ALTER + "ALTER label TYPE text"),
    clean("wider numeric", ALTER + "ALTER price TYPE numeric(14,2)"),
    clean("timestamptz in UTC", "SET TIME ZONE 'UTC'", ALTER + "ALTER paid TYPE timestamptz"),
    clean("check not valid", POSITIVE + " NOT VALID"),
    clean("validation of a check", ALTER + "VALIDATE CONSTRAINT positive", setup=POSITIVE + " NOT VALID;"),
    clean("foreign key not valid", FOREIGN_KEY + " NOT VALID"),
    clean("validation of a foreign key", ALTER + "VALIDATE CONSTRAINT of_customer", setup=FOREIGN_KEY + " NOT VALID;"),
    clean("unique by an index", ALTER + "ADD UNIQUE USING INDEX code_idx",
          setup="CREATE UNIQUE INDEX code_idx ON invoice (code);"),
    clean("primary key by an index", "ALTER TABLE keyless ADD PRIMARY KEY USING INDEX keyless_idx",
          setup=KEYLESS + "ALTER TABLE keyless ALTER id SET NOT NULL;"
          " CREATE UNIQUE INDEX keyless_idx ON keyless (id);"),
    clean("index concurrently", "CREATE INDEX CONCURRENTLY code_idx ON invoice (code)", alone=True),
    clean("index dropped concurrently", "DROP INDEX CONCURRENTLY invoice_due_idx", alone=True),
    clean("reindex concurrently", "REINDEX TABLE CONCURRENTLY invoice", alone=True),
    clean("detach concurrently", "ALTER TABLE entry DETACH PARTITION entry_2024 CONCURRENTLY", alone=True),
    clean("attach behind a check", ATTACH, setup=LOOSE + BOUNDS),
    clean("index on a small table", "CREATE INDEX ON customer (name)"),
    clean("rewrite of a small table", "ALTER TABLE customer ALTER id TYPE bigint"),
    clean("not null on an empty table", "ALTER TABLE unused ALTER note SET NOT NULL",
          setup="CREATE TABLE unused (note text);"),
    clean("table made by the revision itself", "CREATE TABLE fresh AS SELECT id FROM customer",
          "ALTER TABLE fresh ALTER id TYPE bigint", "ALTER TABLE fresh ADD PRIMARY KEY (id)",
          "UPDATE fresh SET id = id", "CREATE INDEX ON fresh (id)"),
    clean("table made by an earlier pending revision", "CREATE INDEX ON pending (id)",
          setup="CREATE TABLE pending AS SELECT id FROM invoice;"),
    clean("foreign key of a new table",
          "CREATE TABLE line (id integer PRIMARY KEY, invoice_id integer REFERENCES invoice)"),
    clean("update of one row", "UPDATE invoice SET note = 'other' WHERE id = 5"),
    clean("update of one row by itself", "UPDATE invoice SET note = 'other' WHERE id = 5", alone=True),
    clean("rows added", "INSERT INTO customer SELECT id + 1000, 'copied' FROM customer"),
    clean("column dropped", ALTER + "DROP COLUMN note"),
    clean("table renamed", ALTER + "RENAME TO bill"),
    clean("table truncated", "TRUNCATE invoice"),
    clean("table dropped", "DROP TABLE invoice"),
    clean("statistics", ALTER + "ALTER code SET STATISTICS 500", "COMMENT ON TABLE invoice IS 'made up'",
          "ANALYZE invoice"),
    clean("trigger disabled", ALTER + "DISABLE TRIGGER USER"),
    clean("policy", ALTER + "ENABLE ROW LEVEL SECURITY", "CREATE POLICY own ON invoice USING (true)"),
    clean("enum value", "ALTER TYPE mood ADD VALUE 'calm'"),
    clean("long work before the lock",
          "CREATE TABLE old AS SELECT id FROM invoice", ALTER + "ADD COLUMN extra integer"),
)  # fmt: skip


def judged(rehearsal: Rehearsal, script: Script) -> list[Finding]:
    with rehearsal.prepared(script.setup):
        observation = rehearsal.observe(*script.statements, is_autocommit=script.is_autocommit)
    assert [statement.reason for statement in observation.statements if statement.reason] == []
    assert list(unjudged_locks(observation, SIZES, BUDGET)) == []
    return list(judge_locks(observation, SIZES, BUDGET, environment="production"))


@pytest.mark.parametrize("script", DANGEROUS, ids=lambda script: script.name)
def test_lock_over_budget_is_a_finding_with_the_safe_way(rehearsal: Rehearsal, script: Script) -> None:
    finding = judged(rehearsal, script)[0]
    assert script.said is not None
    subject, mode, hint = script.said
    assert (finding.subject, finding.evidence[0]["mode"]) == (subject, mode)
    assert hint in finding.hint


@pytest.mark.parametrize("script", CLEAN, ids=lambda script: script.name)
def test_what_production_can_bear_is_no_finding(rehearsal: Rehearsal, script: Script) -> None:
    assert judged(rehearsal, script) == []
