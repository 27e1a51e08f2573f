"""Sample rows as evidence: bounded, JSON values only, and no leak.

Rows are shown by their key. Numbers, dates and truth values are shown; text, documents and bytes may hold
personal data and are masked, unless the check names the column.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from pytest_dbops.core.finding import JsonValue, Row

LONGEST_VALUE = 200
_KEY_NAMES = ("org_id", "id", "code", "pos")


def as_evidence(row: Mapping[str, Any], *, key: Collection[str] = (), show: Collection[str] = ()) -> Row:
    """Return `row` as it may be shown: key and named columns in clear, other text and bytes masked."""
    clear = {*(key or usual_key(row)), *show}
    return {name: json_value(value) if name in clear else masked(value) for name, value in row.items()}


def key_text(row: Mapping[str, Any], key: Collection[str] = ()) -> str:
    """Return the row's key as `org_id=1,id=17`; without a key, its first column as far as it may be shown."""
    names = key or usual_key(row)
    if not names:
        return ",".join(f"{name}={masked(value)}" for name, value in list(row.items())[:1])
    return ",".join(f"{name}={json_value(row[name])}" for name in names)


def usual_key(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns that look like a key: usual names, and those that end in `_id`."""
    return tuple(name for name in row if name in _KEY_NAMES or name.endswith("_id"))


def masked(value: object) -> JsonValue:
    """Return a value that tells nothing personal: numbers, dates and truth values as they are."""
    if isinstance(value, str):
        return f"(text, {len(value)} characters)"
    if isinstance(value, bytes | bytearray | memoryview):
        return f"(binary, {len(value)} bytes)"
    if isinstance(value, list | dict | tuple):
        return f"(document, {len(value)} entries)"
    return json_value(value)


def json_value(value: object) -> JsonValue:
    """Return any value a driver gives as a bounded JSON value."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID | timedelta):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"(binary, {len(value)} bytes)"
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… ({len(text)} characters)"
