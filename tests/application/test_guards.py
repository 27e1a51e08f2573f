"""The database itself refuses what bookkeeping forbids, and writes down what it allows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from accounting.audit import seal
from tests.application.conftest import Home

OPEN_ENTRY = (
    "INSERT INTO journal_entry (org_id, id, period_id, booked_on, source_kind, description)"
    " VALUES (1, 900, 3, '2026-01-10', 'manual', 'by hand')"
)
LINE = "INSERT INTO journal_line (org_id, entry_id, pos, account_id, debit, credit) VALUES (1, 900, {}, {}, {}, {})"
POST = "UPDATE journal_entry SET posted_at = '2026-01-10 12:00:00+00' WHERE org_id = 1 AND id = 900"
CHAIN = "SELECT id, table_name, op FROM audit_log WHERE org_id = 1 ORDER BY id"


@contextmanager
def acting(home: Home) -> Iterator[Connection]:
    """Open a transaction of the seeded organization, committed at the end."""
    with home.engine().begin() as connection:
        if home.dialect == "postgresql":
            connection.execute(text("SELECT set_config('app.org_id', '1', true)"))
        yield connection


def run(home: Home, *statements: str) -> None:
    with acting(home) as connection:
        for statement in statements:
            connection.execute(text(statement))


def rows(home: Home, sql: str) -> list[tuple[object, ...]]:
    with acting(home) as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def test_a_balanced_entry_can_be_posted(seeded_home: Home) -> None:
    run(seeded_home, OPEN_ENTRY, LINE.format(1, 1, 500, 0), LINE.format(2, 2, 0, 500), POST)
    assert rows(seeded_home, "SELECT count(*) FROM journal_line WHERE entry_id = 900") == [(2,)]


def test_an_entry_off_balance_is_refused_when_it_is_final(seeded_home: Home) -> None:
    with pytest.raises(DBAPIError, match="off balance"):
        run(seeded_home, OPEN_ENTRY, LINE.format(1, 1, 500, 0), LINE.format(2, 2, 0, 499), POST)
    assert rows(seeded_home, "SELECT count(*) FROM journal_entry WHERE id = 900") == [(0,)]


def test_an_entry_of_one_line_cannot_be_posted(seeded_home: Home) -> None:
    with pytest.raises(DBAPIError):
        run(seeded_home, OPEN_ENTRY, POST)


def test_postgresql_refuses_an_open_entry_off_balance_at_commit(seeded_postgres_copy: Home) -> None:
    with pytest.raises(DBAPIError, match="journal entry 900 of organization 1 is off balance by 500"):
        run(seeded_postgres_copy, OPEN_ENTRY, LINE.format(1, 1, 500, 0))


def test_postgresql_judges_an_entry_also_when_the_transaction_moved_to_another_tenant(
    seeded_postgres_copy: Home,
) -> None:
    with pytest.raises(DBAPIError, match="off balance"):
        run(
            seeded_postgres_copy,
            OPEN_ENTRY,
            LINE.format(1, 1, 500, 0),
            "SELECT set_config('app.org_id', '2', true)",
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE invoice SET due_on = '2030-01-01' WHERE id = 2",
        "UPDATE invoice SET locked_at = NULL WHERE id = 2",
        "DELETE FROM invoice WHERE id = 2",
        "UPDATE invoice_line SET description = 'x' WHERE invoice_id = 2",
        "DELETE FROM invoice_line WHERE invoice_id = 2",
        "INSERT INTO invoice_tax (org_id, invoice_id, tax_pct, base, tax) VALUES (1, 2, 1, 0, 0)",
        "UPDATE invoice_line SET invoice_id = 2, pos = 99 WHERE invoice_id = 11",
        "UPDATE journal_entry SET description = 'x' WHERE id = 1",
        "DELETE FROM journal_entry WHERE id = 1",
        "UPDATE journal_line SET account_id = 5 WHERE entry_id = 1",
        "DELETE FROM journal_line WHERE entry_id = 1",
        "INSERT INTO journal_entry (org_id, id, period_id, booked_on, source_kind, description)"
        " VALUES (1, 901, 1, '2024-12-31', 'manual', 'into a closed period')",
        "UPDATE tax_rate SET valid_to = NULL WHERE country_code = 'DE' AND kind = 'standard'",
        "INSERT INTO fiscal_period (org_id, id, name, starts_on, ends_on)"
        " VALUES (1, 99, 'overlapping', '2025-12-31', '2026-01-01')",
        "UPDATE audit_log SET op = 'DELETE' WHERE id = 1",
        "DELETE FROM audit_log WHERE id = 1",
    ],
)
def test_what_is_final_is_refused(seeded_home: Home, statement: str) -> None:
    with pytest.raises(DBAPIError):
        run(seeded_home, statement)


def test_rates_that_overlap_within_one_statement_are_refused(seeded_home: Home) -> None:
    with pytest.raises(DBAPIError, match="holds on some of these days"):
        run(
            seeded_home,
            "INSERT INTO tax_rate (id, country_code, kind, rate, valid_from, valid_to)"
            " VALUES (901, 'US', 'standard', 1, '2020-01-01', '2020-12-31'),"
            " (902, 'US', 'standard', 2, '2020-12-31', NULL)",
        )


def test_a_locked_invoice_can_still_be_paid(seeded_home: Home) -> None:
    run(seeded_home, "UPDATE invoice SET paid = gross, base_paid = base_gross, status = 'paid' WHERE id = 6")
    assert rows(seeded_home, "SELECT status FROM invoice WHERE id = 6") == [("paid",)]


def test_a_draft_can_be_changed_and_removed_with_its_lines(seeded_home: Home) -> None:
    run(
        seeded_home,
        "UPDATE invoice_line SET description = 'boards' WHERE invoice_id = 11",
        "DELETE FROM invoice_line WHERE invoice_id = 11",
        "DELETE FROM invoice_tax WHERE invoice_id = 11",
        "DELETE FROM invoice WHERE id = 11",
    )
    assert rows(seeded_home, "SELECT count(*) FROM invoice WHERE id = 11") == [(0,)]


def test_a_bulk_statement_leaves_one_audit_entry_a_row(seeded_home: Home) -> None:
    before = rows(seeded_home, CHAIN)
    run(seeded_home, "UPDATE product SET unit_price = unit_price + 1")
    added = rows(seeded_home, CHAIN)[len(before) :]
    assert added == [(len(before) + number, "product", "UPDATE") for number in (1, 2, 3)]


def test_a_statement_that_changes_nothing_leaves_no_audit_entry(seeded_home: Home) -> None:
    before = rows(seeded_home, CHAIN)
    run(seeded_home, "UPDATE product SET unit_price = unit_price")
    assert rows(seeded_home, CHAIN) == before


def test_copy_leaves_one_audit_entry_a_row(seeded_postgres_copy: Home) -> None:
    before = rows(seeded_postgres_copy, CHAIN)
    # COPY into a table with row-level security is for roles that bypass it.
    with seeded_postgres_copy.superuser_engine().begin() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with driver.cursor().copy("COPY role (org_id, id, name) FROM STDIN") as copy:
            copy.write("1\t50\tauditor\n1\t51\tintern\n")
    assert rows(seeded_postgres_copy, CHAIN)[len(before) :] == [
        (len(before) + 1, "role", "INSERT"),
        (len(before) + 2, "role", "INSERT"),
    ]


def test_the_audit_log_keeps_personal_values_out(seeded_home: Home) -> None:
    run(seeded_home, "UPDATE customer SET notes = 'a secret wish', name = 'Another Name' WHERE id = 4")
    newest = "SELECT CAST(changed AS text) FROM audit_log WHERE org_id = 1 ORDER BY id DESC LIMIT 1"
    [(changed,)] = rows(seeded_home, newest)
    assert "(personal)" in str(changed)
    assert "secret" not in str(changed)
    assert "Another" not in str(changed)


def test_the_audit_log_names_the_acting_user(seeded_postgres_copy: Home) -> None:
    run(
        seeded_postgres_copy,
        "SELECT set_config('dbops.actor', '2', true)",
        "UPDATE role SET name = 'visitor' WHERE id = 3",
    )
    newest = "SELECT actor_kind, actor_id, op FROM audit_log WHERE org_id = 1 ORDER BY id DESC LIMIT 1"
    assert rows(seeded_postgres_copy, newest) == [("user", 2, "UPDATE")]


def test_a_changed_key_is_told_as_one_row_gone_and_one_come(seeded_postgres_copy: Home) -> None:
    run(seeded_postgres_copy, "INSERT INTO role (org_id, id, name) VALUES (1, 50, 'auditor')")
    before = rows(seeded_postgres_copy, CHAIN)
    run(seeded_postgres_copy, "UPDATE role SET id = 51 WHERE id = 50")
    told = {(table, op) for _id, table, op in rows(seeded_postgres_copy, CHAIN)[len(before) :]}
    assert told == {("role", "DELETE"), ("role", "INSERT")}


def test_a_writer_on_an_old_snapshot_fails_rather_than_forking_the_chain(seeded_postgres_copy: Home) -> None:
    engine = seeded_postgres_copy.engine()
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as early:
        early.execute(text("SELECT set_config('app.org_id', '1', true)"))
        early.execute(text("SELECT count(*) FROM product"))
        run(seeded_postgres_copy, "UPDATE product SET name = 'new' WHERE id = 1")
        with pytest.raises(DBAPIError, match="could not serialize"):
            early.execute(text("UPDATE product SET name = 'other' WHERE id = 2"))


def test_audit_partitions_reach_months_ahead_and_can_be_added(seeded_postgres_copy: Home) -> None:
    with seeded_postgres_copy.superuser_engine().begin() as connection:
        added = connection.scalar(text("SELECT audit_log_add_months('2031-11-05', 3)"))
        again = connection.scalar(text("SELECT audit_log_add_months('2031-11-05', 3)"))
        in_default = connection.scalar(text("SELECT count(*) FROM audit_log_default"))
    assert (added, again, in_default) == (3, 0, 0)


def test_sqlite_entries_are_sealed_late_and_only_once(seeded_file_copy: Home) -> None:
    run(seeded_file_copy, "UPDATE product SET unit_price = unit_price + 1")
    with seeded_file_copy.engine().begin() as connection:
        sealed = [seal(connection), seal(connection)]
    assert sealed == [3, 0]
