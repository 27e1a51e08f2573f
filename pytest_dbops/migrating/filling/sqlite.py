"""How SQLite writes values, and what its declared types hold, by affinity and by what people mean by a name.

Source: SQLite, "Datatypes In SQLite", section 3.1; SQLAlchemy's spellings of dates, times and UUIDs.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from pytest_dbops.core.catalog import Catalog
from pytest_dbops.migrating.filling import families
from pytest_dbops.migrating.filling.conditions.nodes import Datum
from pytest_dbops.migrating.filling.families import day
from pytest_dbops.migrating.filling.values import Family, Value, labelled

_TYPE = re.compile(r"^\s*(?P<name>[^(]*?)\s*(?:\((?P<numbers>[^)]*)\))?\s*$")
_LARGEST = 2**63 - 1
_WIDTHS = {"SMALLINT": 15, "INT2": 15, "TINYINT": 7, "MEDIUMINT": 23}

_STAMPS = [
    ("leap day, last microsecond", "2024-02-29 23:59:59.999999"),
    ("hour that summer time leaves out", "2021-03-28 02:30:00.000000"),
    ("year 1", "0001-01-01 00:00:00.000000"),
    ("year 9999", "9999-12-31 23:59:59.999999"),
]
_DATES = [("leap day", "2024-02-29"), ("year 1", "0001-01-01"), ("year 9999", "9999-12-31")]
_TIMES = [("midnight", "00:00:00.000000"), ("last microsecond", "23:59:59.999999")]


def write(datum: Datum) -> str:
    """Return a value as SQLite writes it."""
    if datum is None:
        return "NULL"
    if isinstance(datum, bool):
        return "1" if datum else "0"
    if isinstance(datum, int):
        return str(datum)
    if isinstance(datum, Decimal):
        return f"{datum:f}"
    if isinstance(datum, float):
        return repr(datum)
    if isinstance(datum, bytes):
        return f"X'{datum.hex()}'"
    return "'" + str(datum).replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """Return an identifier, always quoted."""
    return '"' + name.replace('"', '""') + '"'


def family_of(type_text: str, name: str, catalog: Catalog) -> Family:
    """Return what a declared type offers; there is none that takes nothing."""
    return _family(type_text, name)


@lru_cache(maxsize=1_000)
def _family(type_text: str, name: str) -> Family:
    found = _TYPE.match(type_text)
    word = found["name"].upper() if found else ""
    numbers = [int(each) for each in re.findall(r"\d+", (found["numbers"] or "") if found else "")]
    meant = _meant(word)
    if meant is not None:
        return meant
    return _by_affinity(word, numbers, name)


def _meant(word: str) -> Family | None:
    """Return the family of a name that says more than its affinity."""
    if word in ("BOOLEAN", "BOOL"):
        return families.booleans(write)
    if word == "DATE":
        return families.moments(write, "date", day, _DATES)
    if word.startswith(("DATETIME", "TIMESTAMP")):
        return families.moments(write, "timestamp", lambda n: f"{day(n)} 12:30:00.000000", _STAMPS)
    if word == "TIME":
        return families.moments(write, "time", lambda n: f"{n % 24:02d}:30:00.000000", _TIMES)
    if word in ("JSON", "JSONB"):
        return families.documents(write)
    if word in ("UUID", "GUID"):
        return families.uuids(write)
    return None


def _by_affinity(word: str, numbers: list[int], name: str) -> Family:
    if (word, numbers) == ("CHAR", [32]):
        return _of_uuids(name)
    if "INT" in word:
        bits = _WIDTHS.get(word, 63)
        return families.integers(write, -(2**bits), 2**bits - 1)
    if any(part in word for part in ("CHAR", "CLOB", "TEXT")):
        longest = numbers[0] if numbers and numbers[0] <= 100_000 else None
        return families.texts(write, longest, name=name)
    if "BLOB" in word or "BINARY" in word:
        return families.octets(write)
    if any(part in word for part in ("REAL", "FLOA", "DOUB")):
        return families.floats(write, 1.7e308, has_nan=False)
    if not word or word == "ANY":
        return _of_any(name)
    # Sixteen digits are more than SQLite's inexact numbers keep.
    precision, scale, *_ = [*numbers, 0] if len(numbers) == 1 else [*numbers, 10, 2]
    return families.decimals(write, min(precision, 15), min(scale, precision))


def _of_uuids(name: str) -> Family:
    """Return what SQLAlchemy's Uuid holds, which is this type here; whatever else a rule asks for fits as well."""
    text = families.texts(write, 32, name=name)
    return replace(families.uuids(write, lambda each: each.hex), of=text.of, sized=text.sized)


def _of_any(name: str) -> Family:
    text, number = families.texts(write, None, name=name), families.integers(write, -_LARGEST - 1, _LARGEST)

    def of(datum: Datum) -> Value | None:
        return (text if isinstance(datum, str) else number).of(datum)

    edges = (
        labelled(Value("1", 1, "1"), "whole number where any type goes"),
        labelled(Value("1.5", 1.5, "1.5"), "inexact number where any type goes"),
        labelled(Value("X'00ff'", b"\x00\xff", "X'00ff'"), "bytes where any type goes"),
        *text.edges[:2],
    )
    return Family("any", text.plain, edges, of, text.sized, text.spellings)
