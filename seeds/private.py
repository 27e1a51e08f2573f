"""What is encrypted of seeded rows, drawn ones among them: filled where the project has a key, else left empty."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from pytest_dbops import CannotJudge, SeedContext, encrypt_rows, load_keyring
from seeds.people import ERASED, Row


def with_private(context: SeedContext, table: str, rows: Sequence[Row]) -> Sequence[Row]:
    """Return rows of a table with what is private of them, sealed and to be found by; as they are without a key.

    No key is part of a seed: what is sealed differs each time, what is read back does not.
    """
    private, keyring = _PRIVATE.get(table), project_keys()
    if private is None or keyring is None:
        return rows
    filled = [{**row, **private(row)} for row in rows]
    return list(encrypt_rows(context.metadata.tables[table], filled, keyring=keyring))


def private_columns(context: SeedContext, table: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `with_private` adds, for a block by column; columns: lists, and single values that count for all."""
    private, keyring = _PRIVATE[table], project_keys()
    if keyring is None:
        return {}
    count = max(len(each) for each in columns.values() if isinstance(each, Sequence) and not isinstance(each, str))
    cells = [each if isinstance(each, list | range) else [each] * count for each in columns.values()]
    known = [dict(zip(columns, row, strict=True)) for row in zip(*cells, strict=True)]
    sealed = encrypt_rows(context.metadata.tables[table], ({**row, **private(row)} for row in known), keyring=keyring)
    rows = list(sealed)
    return {name: [row[name] for row in rows] for name in rows[0] if name not in columns}


def project_keys() -> Any:
    """Return the project's keys, None where it has none."""
    return _keyring(os.environ.get("ENCRYPTION_KEY", ""), os.environ.get("DBOPS_ENV", ""))


@cache
def _keyring(_key: str, _environment: str) -> Any:
    """Return the project's keys as long as the variables are what they are."""
    try:
        return load_keyring()
    except CannotJudge:
        return None


def _of_user(row: Row) -> Row:
    return {"email": f"user{row['id']}@example.com", "mfa_secret": f"EXAMPLE{row['id']:>016}"}


def _of_customer(row: Row) -> Row:
    """Return numbers that nobody has: a telephone's that are kept for fiction, and an account of no bank."""
    if row["id"] == ERASED:
        return {}
    number = f"{row['org_id']:>04}{row['id']:>04}"
    return {
        "email": f"customer{row['id']}@firm{row['org_id']}.example.com",
        "phone": f"+49 30 23125 {int(str(row['id'])) % 1000:>03}",
        "iban": f"{row['country_code']}00{number:>018}",
    }


def _of_payment(row: Row) -> Row:
    """Return whose account it was and where money goes back to; nothing of a customer who was erased."""
    if row["customer_id"] == ERASED:
        return {}
    number = f"{row['org_id']:>04}{row['customer_id']:>014}"
    return {"payer_iban": f"DE00{number}", "refund_iban": f"DE99{number}"}


_PRIVATE: Mapping[str, Callable[[Row], Row]] = {
    "app_user": _of_user, "customer": _of_customer, "payment": _of_payment,
}  # fmt: skip
