"""Families that both products have: numbers, text, dates, bytes, documents."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Context, Decimal, InvalidOperation

from pytest_dbops.migrating.filling.conditions.evaluate import OPAQUE
from pytest_dbops.migrating.filling.conditions.nodes import Datum
from pytest_dbops.migrating.filling.values import Family, Value, Write, labelled

NON_ASCII = "Zoe\u0308 \U0001f9ee\U0001d518 \u05e9\u05dc\u05d5\u05dd \u0645\u0631"
ODD_SIGNS = ' it\'s 100% \\ "x"\n\t; -- '
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_DAY = date(2023, 5, 10)
_LONG = 1_000
EXACT = Context(prec=200)
"""More digits than any column's, so that nothing is rounded that a database would keep."""


def integers(write: Write, low: int, high: int) -> Family:
    """Whole numbers of a width."""

    def of(datum: Datum) -> Value | None:
        number = _number(datum)
        if number is None or number != number.to_integral_value() or not low <= number <= high:
            return None
        return Value(write(int(number)), int(number), str(int(number)))

    def known(number: int) -> Value:
        return Value(write(number), number, str(number))

    edges = [("largest whole number", high), ("smallest whole number", low), ("zero", 0), ("minus one", -1)]
    return Family(
        "whole number",
        lambda number: known(number % high + 1),
        tuple(labelled(known(number), label) for label, number in edges if low <= number <= high),
        of,
    )


def decimals(write: Write, precision: int | None, scale: int | None, *, has_nan: bool = False) -> Family:
    """Exact numbers; without a precision of any size."""
    digits, places = precision or 30, scale if scale is not None else (0 if precision else 10)
    step = Decimal(1).scaleb(-places)
    largest = EXACT.subtract(EXACT.power(Decimal(10), digits - places), step)

    def known(number: Decimal) -> Value:
        # A decimal literal of a whole number stays a whole number for the database, as it does for conditions.
        datum = int(number) if places <= 0 else number
        return Value(write(datum), datum, str(datum))

    def of(datum: Datum) -> Value | None:
        number = _number(datum)
        if number is None or not number.is_finite() or abs(number) > largest:
            return None
        rounded = number.quantize(step, context=EXACT)
        return known(rounded) if rounded == number else None

    def plain(number: int) -> Value:
        whole = Decimal(number + 1) + (Decimal("0.25") if places >= 2 else 0)
        return known(whole if whole <= largest else step * (number % 9 + 1))

    edges = [("largest number", largest), ("smallest number", -largest), ("smallest step", step)]
    edges += [("zero", Decimal(0)), ("minus one", Decimal(-1))]
    values = [labelled(known(number), label) for label, number in edges if abs(number) <= largest]
    if has_nan:
        # PostgreSQL sorts it behind all numbers (manual, 8.1.2).
        values.append(Value(write("NaN"), Decimal("Infinity"), "NaN", "not a number", is_exotic=True))
    return Family("number", plain, tuple(values), of)


def floats(write: Write, largest: float, *, has_nan: bool) -> Family:
    """Inexact numbers."""

    def known(number: float) -> Value:
        return Value(write(number), number, repr(number))

    def of(datum: Datum) -> Value | None:
        number = _number(datum)
        return known(float(number)) if number is not None and math.isfinite(float(number)) else None

    edges = [("zero", 0.0), ("minus one", -1.0), ("largest number", largest), ("smallest step", 1.25e-30)]
    values = [labelled(known(number), label) for label, number in edges]
    for name, order in (("NaN", 1), ("Infinity", 1), ("-Infinity", -1)) if has_nan else ():
        values.append(Value(write(name), order * math.inf, name, name, is_exotic=True))
    return Family("inexact number", lambda number: known(number + 1.5), tuple(values), of)


def texts(write: Write, longest: int | None, *, name: str = "text", is_unicode: bool = True) -> Family:
    """Text of at most a length, ``None`` for any; the n-th one ends in its number."""
    room = longest if longest is not None else _LONG

    def known(text: str) -> Value:
        return Value(write(text), text, text)

    def sized(length: int, number: int) -> Value | None:
        return known(_of_length(length, number)) if length <= room else None

    def of(datum: Datum) -> Value | None:
        text = str(datum) if isinstance(datum, str | int | Decimal) and not isinstance(datum, bool) else None
        return known(text) if text is not None and len(text) <= room else None

    def plain(number: int) -> Value:
        text = f"{name}-{number + 1}"
        return known(text if len(text) <= room else _of_length(min(room, 3), number))

    def spellings(number: int) -> tuple[Value, ...]:
        short = _of_length(min(room, 4), number)
        long = f"{short}@example.com"
        shapes = [short.upper(), str(number + 1), short, f"{name} {number + 1}".title()]
        shapes += [f"https://example.com/{short}", long, "{}", f"2023-05-{number % 20 + 10}"]
        return tuple(known(shape) for shape in shapes if len(shape) <= room)

    letters = (_ALPHABET * (room // len(_ALPHABET) + 1))[:room]
    edges = [("empty text", ""), ("longest text" if longest is not None else "long text", letters)]
    if is_unicode:
        edges.append(("combining, astral and right-to-left text", NON_ASCII[:room]))
    edges.append(("quotes, percent, backslash and line breaks", ODD_SIGNS[:room].ljust(1)))
    if is_unicode and longest is not None:
        edges.append(("longest text outside ASCII", ("\U0001f9ee\u00df\u05d0" * room)[:room]))
    return Family("text", plain, tuple(labelled(known(text), label) for label, text in edges), of, sized, spellings)


def booleans(write: Write) -> Family:
    """True and false."""

    def known(truth: bool) -> Value:
        return Value(write(truth), truth, "true" if truth else "false")

    def of(datum: Datum) -> Value | None:
        if datum in ("true", "false"):
            return known(datum == "true")
        return known(bool(datum)) if isinstance(datum, bool | int) else None

    edges = (labelled(known(True), "true"), labelled(known(False), "false"))
    return Family("truth value", lambda number: known(number % 2 == 0), edges, of, is_labels=True)


def labels(write: Write, names: Sequence[str]) -> Family:
    """The labels of an enum, or the values a check lists."""

    def known(text: str) -> Value:
        return Value(write(text), text, text)

    def of(datum: Datum) -> Value | None:
        return known(datum) if isinstance(datum, str) and datum in names else None

    edges = tuple(labelled(known(name), f"label {number + 1}") for number, name in enumerate(names))
    return Family("label", lambda number: known(names[number % len(names)]), edges, of, is_labels=True)


def moments(
    write: Write, name: str, plain: Callable[[int], str], edges: Sequence[tuple[str, str]], exotic: Sequence[str] = ()
) -> Family:
    """Dates and times, given as text; conditions compare them as text, which is in their order."""

    def known(text: str) -> Value:
        return Value(write(text), _in_order(text), text)

    def of(datum: Datum) -> Value | None:
        return known(datum) if isinstance(datum, str) and datum[:1].isdigit() else None

    values = [labelled(known(text), label, is_exotic=text in exotic) for label, text in edges]
    return Family(name, lambda number: known(plain(number)), tuple(values), of)


def day(number: int) -> str:
    """Return the n-th ordinary day."""
    return (_DAY + timedelta(days=7 * number)).isoformat()


def octets(write: Write) -> Family:
    """Bytes."""

    def known(content: bytes) -> Value:
        return Value(write(content), content, "\\x" + content.hex())

    def sized(length: int, number: int) -> Value | None:
        tail = (number + 1).to_bytes(8, "big")[-length:] if length else b""
        return known(tail.rjust(length, b"\xa5"))

    def of(datum: Datum) -> Value | None:
        if isinstance(datum, str) and datum.startswith("\\x"):
            datum = bytes.fromhex(datum[2:])
        return known(datum) if isinstance(datum, bytes) else None

    edges = [("no bytes", b""), ("zero bytes and all values", b"\x00\x00" + bytes(range(256)))]
    return Family(
        "bytes",
        lambda number: known(b"\x01\xfe" + (number + 1).to_bytes(2, "big")),
        tuple(labelled(known(content), label) for label, content in edges),
        of,
        sized,
    )


def documents(write: Write, *, is_ascii: bool = False) -> Family:
    """JSON."""

    def known(text: str) -> Value:
        # A colon in front of a digit would be a parameter to some.
        return Value(write(text), OPAQUE, text)

    def of(datum: Datum) -> Value | None:
        try:
            return known(json.dumps(json.loads(datum))) if isinstance(datum, str) else None
        except ValueError:
            return None

    deep = {"a": [{"b": [1, [2, [3, None]]]}, {}, []], "ключ": NON_ASCII, "": True}
    edges = [
        ("empty document", "{}"),
        ("JSON null", "null"),
        ("nested document", json.dumps(deep, ensure_ascii=is_ascii)),
        ("big numbers", '{"big": 123456789012345678901234567890, "small": -1.5e-10}'),
        ("list", "[]"),
        ("text document", '"text"'),
    ]
    return Family(
        "document",
        lambda number: known(json.dumps({"number": number + 1})),
        tuple(labelled(known(text), label) for label, text in edges),
        of,
    )


def uuids(write: Write, spell: Callable[[uuid.UUID], str] = str) -> Family:
    """UUIDs."""

    def known(content: int) -> Value:
        text = spell(uuid.UUID(int=content))
        return Value(write(text), text, text)

    def of(datum: Datum) -> Value | None:
        try:
            return known(uuid.UUID(datum).int) if isinstance(datum, str) else None
        except ValueError:
            return None

    edges = (labelled(known(0), "nil UUID"), labelled(known(2**128 - 1), "largest UUID"))
    base = 0x0000_0000_0000_4000_8000_0000_0000_0000
    return Family("UUID", lambda number: known(base | (number + 1) << 96 | (number + 1)), edges, of)


def plain_texts(write: Write, name: str, plain: Callable[[int], str], edges: Sequence[tuple[str, str]] = ()) -> Family:
    """Values of a type that conditions do not look into, given by their text."""

    def known(text: str) -> Value:
        return Value(write(text), OPAQUE, text)

    def of(datum: Datum) -> Value | None:
        return known(datum) if isinstance(datum, str) else None

    values = tuple(labelled(known(text), label) for label, text in edges)
    return Family(name, lambda number: known(plain(number)), values, of)


def _of_length(length: int, number: int) -> str:
    """Return the n-th text of a length; those of short lengths repeat when they are used up."""
    digits, rest = "", number
    for _ in range(min(length, 6)):
        rest, digit = divmod(rest, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return ("x" * (length - len(digits))) + digits


def _number(datum: Datum) -> Decimal | None:
    if isinstance(datum, bool) or not isinstance(datum, int | Decimal | float | str):
        return None
    try:
        return Decimal(repr(datum) if isinstance(datum, float) else datum)
    except InvalidOperation:
        return None


def _in_order(text: str) -> str:
    if text.endswith("BC"):
        return "!" + text
    return {"infinity": "~", "-infinity": "!"}.get(text, text)
