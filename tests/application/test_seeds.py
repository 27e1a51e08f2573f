"""Seeds give the same rows everywhere, leave nothing for an invariant to judge in vain, and keep secrets out."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, create_engine, pool, select, text

from accounting.models import metadata
from pytest_dbops import decrypt_rows, load_keyring, use_keyring
from pytest_dbops.seeding.run import load_seeders
from tests.application.conftest import Home
from tests.application.history import ROOT, seed, upgrade

WRITTEN_BY_TRIGGERS = {"audit_head", "audit_log"}
ENCRYPTED = {
    "app_user": ("email", "email_bidx", "mfa_secret"),
    "customer": ("email", "email_bidx", "phone", "iban", "iban_bidx"),
    "payment": ("payer_iban", "refund_iban"),
}


def engine_of(url: str) -> Engine:
    return create_engine(url, poolclass=pool.NullPool)


def content(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows by table, as Python values in the order of their keys."""
    with engine.connect() as connection:
        return {
            table.name: [tuple(row.values()) for row in rows_of(connection, table)]
            for table in metadata.sorted_tables
            if table.name not in WRITTEN_BY_TRIGGERS
        }


def rows_of(connection: Connection, table: Table) -> list[dict[str, Any]]:
    rows = connection.execute(select(table).order_by(*table.primary_key)).mappings().all()
    is_sealed = any(row.get("refund_iban") for row in rows)
    return list(decrypt_rows(table, rows)) if is_sealed else [dict(row) for row in rows]


def test_two_fresh_databases_hold_the_same_rows(seeded_file: Path, tmp_path: Path) -> None:
    again = f"sqlite:///{tmp_path / 'again.db'}"
    upgrade(again)
    seed(again)
    assert content(engine_of(again)) == content(engine_of(f"sqlite:///{seeded_file}"))


def test_both_products_hold_the_same_rows(seeded_file: Path, seeded_postgres: Home) -> None:
    assert content(seeded_postgres.superuser_engine()) == content(engine_of(f"sqlite:///{seeded_file}"))


def test_seeders_name_every_table_but_those_triggers_fill() -> None:
    named = [table for seeder in load_seeders(ROOT / "seeds") for table in seeder.tables]
    assert sorted(named) == sorted(set(metadata.tables) - WRITTEN_BY_TRIGGERS)


def test_no_table_is_left_empty(seeded_file: Path) -> None:
    empty = [table for table, rows in content(engine_of(f"sqlite:///{seeded_file}")).items() if not rows]
    assert empty == []


@pytest.mark.parametrize(("table", "columns"), ENCRYPTED.items())
def test_encrypted_columns_are_left_empty_without_a_key(
    seeded_file: Path, table: str, columns: tuple[str, ...]
) -> None:
    filled = " OR ".join(f"{column} IS NOT NULL" for column in columns)
    with engine_of(f"sqlite:///{seeded_file}").connect() as connection:
        assert connection.scalar(text(f"SELECT count(*) FROM {table} WHERE {filled}")) == 0


def test_encrypted_columns_are_filled_alike_with_a_key_and_hold_no_plaintext(
    seeded_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENCRYPTION_KEY", "hex:" + "7b" * 32)
    use_keyring(load_keyring())
    found, stored = [], []
    for name in ("one", "other"):
        url = f"sqlite:///{tmp_path / name}"
        upgrade(url)
        seed(url)
        found.append(content(engine_of(url)))
        with engine_of(url).connect() as connection:
            stored.append(connection.execute(text("SELECT hex(email) FROM customer WHERE email IS NOT NULL")).all())
    use_keyring(None)
    assert found[0] == found[1]
    assert {row[0][:4] for row in stored[0]} == {"DB11"}
    assert set(stored[0]).isdisjoint(stored[1])
    for table, columns in ENCRYPTED.items():
        names = [column.name for column in metadata.tables[table].columns]
        for column in columns:
            assert any(row[names.index(column)] is not None for row in found[0][table]), (table, column)
    plain = content(engine_of(f"sqlite:///{seeded_file}"))
    assert {table: len(rows) for table, rows in found[0].items()} == {table: len(rows) for table, rows in plain.items()}


def test_edges_are_there(seeded_file: Path) -> None:
    with engine_of(f"sqlite:///{seeded_file}").connect() as connection:
        found = {name: connection.scalar(text(sql)) for name, sql in EDGES.items()}
    assert [name for name, count in found.items() if not count] == []


def test_identity_columns_are_ahead_of_the_seeded_keys(seeded_postgres_copy: Home) -> None:
    with seeded_postgres_copy.engine().begin() as connection:
        connection.execute(text("SELECT set_config('app.org_id', '1', true)"))
        number = connection.scalar(
            text(
                "INSERT INTO customer (org_id, number, kind, name, country_code)"
                " VALUES (1, 2000, 'company', 'Example', 'DE') RETURNING id"
            )
        )
    assert number == 6


def test_money_of_the_books_adds_up(seeded_file: Path) -> None:
    lines = metadata.tables["journal_line"]
    with engine_of(f"sqlite:///{seeded_file}").connect() as connection:
        rows = connection.execute(select(lines.c.debit, lines.c.credit)).all()
    assert sum((row.debit for row in rows), Decimal(0)) == sum((row.credit for row in rows), Decimal(0)) > 0


EDGES = {
    "zero rate": "SELECT count(*) FROM invoice_line l JOIN tax_rate r ON r.id = l.tax_rate_id WHERE r.kind = 'zero'",
    "reverse charge": "SELECT count(*) FROM invoice_line l JOIN tax_rate r ON r.id = l.tax_rate_id"
    " WHERE r.kind = 'reverse'",
    "half a cent rounded up": "SELECT count(*) FROM invoice_line"
    " WHERE quantity * unit_price * (10000 - discount_pct) % 10000000 = 5000000",
    "half a cent of tax rounded up": "SELECT count(*) FROM invoice_line WHERE net * tax_pct % 10000 = 5000",
    "discount": "SELECT count(*) FROM invoice_line WHERE discount_pct > 0",
    "credit note in full": "SELECT count(*) FROM invoice c JOIN invoice i ON i.id = c.credit_of_id"
    " WHERE c.gross = i.gross AND i.status = 'void'",
    "credit note in part": "SELECT count(*) FROM invoice c JOIN invoice i ON i.id = c.credit_of_id"
    " WHERE c.gross < i.gross",
    "partial payment": "SELECT count(*) FROM invoice WHERE paid > 0 AND paid < gross",
    "payment of two invoices": "SELECT count(*) FROM payment_allocation GROUP BY payment_id HAVING count(*) > 1",
    "refund": "SELECT count(*) FROM payment WHERE direction = 'outgoing'",
    "currency without decimals": "SELECT count(*) FROM invoice JOIN currency ON code = currency WHERE minor_units = 0",
    "currency with three decimals": "SELECT count(*) FROM invoice JOIN currency ON code = currency"
    " WHERE minor_units = 3",
    "leap day": "SELECT count(*) FROM invoice WHERE issued_on LIKE '%-02-29'",
    "overdue": "SELECT count(*) FROM invoice WHERE status = 'overdue'",
    "draft": "SELECT count(*) FROM invoice WHERE status = 'draft'",
    "non-ASCII name": "SELECT count(*) FROM customer WHERE name LIKE '株%'",
    "disabled user": "SELECT count(*) FROM app_user WHERE status = 'disabled'",
    "erased customer": "SELECT count(*) FROM customer WHERE erased_at IS NOT NULL",
    "closed period": "SELECT count(*) FROM fiscal_period WHERE closed_at IS NOT NULL",
    "reversed booking": "SELECT count(*) FROM journal_entry WHERE reversal_of IS NOT NULL",
    "hours billed and not": "SELECT count(DISTINCT invoice_id IS NULL) - 1 FROM time_entry",
}
