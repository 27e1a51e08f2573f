"""How PostgreSQL writes values, and what its types hold.

Every value is a quoted literal of no type: the server reads it with the column's own input function, whatever the
type, so one spelling serves domains, arrays and types of extensions. No literal holds a percent sign, which
drivers that format their parameters would stumble over.
Source: PostgreSQL manual, "Data Types" and "String Constants with C-Style Escapes".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache

from pytest_dbops.core.catalog import Catalog, Type, TypeKind
from pytest_dbops.migrating.filling import families
from pytest_dbops.migrating.filling.conditions.evaluate import OPAQUE
from pytest_dbops.migrating.filling.conditions.nodes import Datum
from pytest_dbops.migrating.filling.families import day, plain_texts
from pytest_dbops.migrating.filling.ranges import MULTIRANGES, RANGES, ranges
from pytest_dbops.migrating.filling.values import Family, Value, labelled

_MODIFIER = re.compile(r"^(?P<head>[^(\[]+)(?:\((?P<numbers>[^)]*)\))?(?P<tail>[^\[]*)(?P<array>(?:\[\])*)$")
_WHOLE = {"smallint": 15, "integer": 31, "bigint": 63}
_SINGLE, _DOUBLE = 3.4e38, 1.7e308

_DATES = [
    ("leap day", "2024-02-29"),
    ("year 1", "0001-01-01"),
    ("year 9999", "9999-12-31"),
    ("before Christ", "0044-03-15 BC"),
    ("infinity", "infinity"),
    ("minus infinity", "-infinity"),
]
_STAMPS = [
    ("leap day, last microsecond", "2024-02-29 23:59:59.999999"),
    ("hour that summer time leaves out", "2021-03-28 02:30:00"),
    ("year 1", "0001-01-01 00:00:00"),
    ("year 9999", "9999-12-31 23:59:59"),
    ("before Christ", "0044-03-15 12:00:00 BC"),
    ("infinity", "infinity"),
    ("minus infinity", "-infinity"),
]
_ZONED = [
    ("leap day, farthest zone", "2024-02-29 23:59:59.999999+14"),
    ("hour that summer time repeats", "2021-10-31 02:30:00+02"),
    ("year 1", "0001-01-03 00:00:00+00"),
    ("year 9999", "9999-12-29 23:59:59+00"),
    ("before Christ", "0044-03-15 12:00:00+00 BC"),
    ("infinity", "infinity"),
    ("minus infinity", "-infinity"),
]
_EXOTIC = ("0044-03-15 BC", "0044-03-15 12:00:00 BC", "0044-03-15 12:00:00+00 BC", "infinity", "-infinity")


def write(datum: Datum) -> str:
    """Return a value as a literal of no type."""
    if datum is None:
        return "NULL"
    if isinstance(datum, bool):
        return "'true'" if datum else "'false'"
    if isinstance(datum, bytes):
        return quoted("\\x" + datum.hex())
    if isinstance(datum, Decimal):
        return quoted(f"{datum:f}")
    return quoted(repr(datum) if isinstance(datum, float) else str(datum))


def quoted(text: str) -> str:
    """Return a string constant, with escapes only where it needs them."""
    if "\\" in text or "%" in text or "\n" in text:
        escaped = text.replace("\\", "\\\\").replace("%", "\\u0025").replace("\n", "\\n").replace("\t", "\\t")
        return "E'" + escaped.replace("'", "''") + "'"
    return "'" + text.replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """Return an identifier, always quoted."""
    text = name.replace('"', '""')
    if "%" in text:
        return 'U&"' + text.replace("\\", "\\\\").replace("%", "\\0025") + '"'
    return f'"{text}"'


def family_of(type_text: str, name: str, catalog: Catalog) -> Family | None:
    """Return what a type offers, ``None`` for a type that is not known here."""
    return _Types(catalog, catalog.database.encoding in ("", "UTF8")).family(type_text, name)


class _Types:
    """The types of one database; `is_unicode` when it holds any character."""

    def __init__(self, catalog: Catalog, is_unicode: bool) -> None:
        self.catalog = catalog
        self.is_unicode = is_unicode

    def family(self, type_text: str, name: str) -> Family | None:
        if type_text.endswith("[]"):
            inner = self.family(type_text[:-2], name)
            return arrays(inner) if inner else None
        found = _MODIFIER.match(type_text)
        if found is None:
            return None
        numbers = [int(each) for each in (found["numbers"] or "").split(",") if each.strip().lstrip("-").isdigit()]
        word = (found["head"].strip() + found["tail"]).strip()
        made = _builtin(word, tuple(numbers), name, self.is_unicode)
        return made if made is not None else self._of_user(type_text, word, name)

    def _of_user(self, type_text: str, word: str, name: str) -> Family | None:
        schema, _, bare = word.rpartition(".")
        bare, schema = bare.strip('"').replace('""', '"'), schema.strip('"')
        for candidate in self.catalog.types:
            if candidate.name == bare and candidate.schema == (schema or candidate.schema):
                return self._made(candidate, name)
        if bare == "citext":
            made = _text("text", (), name, is_unicode=self.is_unicode)
            return Family(made.name, made.plain, made.edges, made.of, made.sized, made.spellings, ignores_case=True)
        return _SIMPLE.get(bare) if schema else None

    def _made(self, kind: Type, name: str) -> Family | None:
        if kind.kind is TypeKind.ENUM:
            return families.labels(write, kind.labels) if kind.labels else None
        if kind.kind is TypeKind.DOMAIN:
            return self.family(kind.base, name)
        if kind.kind is TypeKind.COMPOSITE:
            parts = [self.family(column.type, column.name) for column in kind.columns]
            return _composite([part for part in parts if part]) if all(parts) else None
        if kind.kind is TypeKind.RANGE:
            subtype = dict(each.partition("=")[::2] for each in kind.attributes).get("subtype", "")
            inner = self.family(subtype, name)
            return ranges(write, lambda number: inner.plain(number).text) if inner else None
        return None


@lru_cache(maxsize=1_000)
def _builtin(word: str, numbers: tuple[int, ...], name: str, is_unicode: bool) -> Family | None:
    if word in _WHOLE:
        return families.integers(write, -(2 ** _WHOLE[word]), 2 ** _WHOLE[word] - 1)
    if word == "numeric":
        precision, scale, *_ = [*numbers, None, None]
        return families.decimals(write, precision, scale, has_nan=True)
    if word in ("character varying", "text", "character", "bpchar", "name", "citext"):
        return _text(word, numbers, name, is_unicode=is_unicode)
    simple = _SIMPLE.get(word)
    if simple is not None:
        return simple
    if word in ("json", "jsonb"):
        return families.documents(write, is_ascii=not is_unicode)
    if word in ("bit", "bit varying"):
        return _bits(numbers[0] if numbers else (1 if word == "bit" else 16), is_fixed=word == "bit")
    return _interval(word)


def _text(word: str, numbers: tuple[int, ...], name: str, *, is_unicode: bool) -> Family:
    longest = numbers[0] if numbers else {"name": 63}.get(word)
    if word == "character" and longest is None:
        longest = 1
    if longest is not None and longest > 100_000:
        longest = None
    return families.texts(write, longest, name=name, is_unicode=is_unicode and word != "name")


def arrays(inner: Family) -> Family:
    """Arrays of a family: the server's text form, every element quoted."""

    def known(values: Sequence[Value], label: str = "") -> Value:
        text = "{" + ",".join("NULL" if value.datum is None else _element(value.text) for value in values) + "}"
        return Value(quoted(text), OPAQUE, text, label)

    null = Value("NULL", None)
    edges = [known([], "empty array"), known([inner.plain(0), null], "NULL as an element")]
    edges += [known([value], f"{value.label} as an element") for value in inner.edges[:4] if not value.is_exotic]
    return Family("array", lambda number: known([inner.plain(number), inner.plain(number + 1)]), tuple(edges))


def _element(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _composite(parts: Sequence[Family]) -> Family:
    def known(values: Sequence[Value | None], label: str = "") -> Value:
        text = "(" + ",".join("" if value is None else _element(value.text) for value in values) + ")"
        return Value(quoted(text), OPAQUE, text, label)

    edges = [known([None for _ in parts], "NULL in every part")] if len(parts) > 1 else []
    edges += [known([part.edges[0] if part.edges else part.plain(0) for part in parts], "boundary in every part")]
    return Family("row", lambda number: known([part.plain(number) for part in parts]), tuple(edges))


def _bits(length: int, *, is_fixed: bool) -> Family:
    def plain(number: int) -> str:
        return format((number + 1) % 2**length, "b").zfill(length if is_fixed else 1)

    edges = [("all bits", "1" * length), ("no bits set", "0" * length)]
    return plain_texts(write, "bits", plain, edges if is_fixed else [*edges, ("no bits", "")])


def _interval(word: str) -> Family | None:
    if word.split(" ")[0] != "interval":
        return None
    edges = [("negative", "-1 days -02 hours"), ("months and days", "1 year 1 mon 31 days"), ("zero", "0")]
    if len(word.split(" ")) > 1:
        edges = []
    return plain_texts(write, "interval", lambda number: f"{number + 1} days", edges)


def _moments(name: str, plain: Callable[[int], str], edges: Sequence[tuple[str, str]]) -> Family:
    return families.moments(write, name, plain, edges, _EXOTIC)


def _texts(name: str, plain: Callable[[int], str], *edges: tuple[str, str]) -> Family:
    return plain_texts(write, name, plain, edges)


_TIMES = [("midnight", "00:00:00"), ("last microsecond", "23:59:59.999999"), ("end of the day", "24:00:00")]
_SIMPLE: dict[str, Family] = {
    "real": families.floats(write, _SINGLE, has_nan=True),
    "double precision": families.floats(write, _DOUBLE, has_nan=True),
    "boolean": families.booleans(write),
    "date": _moments("date", day, _DATES),
    "timestamp without time zone": _moments("timestamp", lambda n: f"{day(n)} 12:30:00", _STAMPS),
    "timestamp with time zone": _moments("timestamp with time zone", lambda n: f"{day(n)} 12:30:00+00", _ZONED),
    "time without time zone": families.moments(
        write, "time", lambda n: f"{n % 24:02d}:30:00", _TIMES, exotic=("24:00:00",)
    ),
    "time with time zone": _texts("time with time zone", lambda n: f"{n % 24:02d}:30:00+02", ("zone", "00:00:00-12")),
    "uuid": families.uuids(write),
    "bytea": families.octets(write),
    "inet": _texts(
        "address", lambda n: f"192.0.2.{n % 254 + 1}", ("network", "198.51.100.0/24"), ("IPv6", "2001:db8::1/64")
    ),
    "cidr": _texts("network", lambda n: f"192.0.2.{n % 254 + 1}/32", ("IPv6", "2001:db8::/32"), ("all", "0.0.0.0/0")),
    "macaddr": _texts("MAC", lambda n: f"00:00:5e:00:53:{n % 256:02x}", ("broadcast", "ff:ff:ff:ff:ff:ff")),
    "macaddr8": _texts("MAC", lambda n: f"00:00:5e:ff:fe:00:53:{n % 256:02x}"),
    "money": _texts("money", lambda n: f"{n + 1}.25", ("negative", "-1"), ("zero", "0")),
    '"char"': _texts("character", lambda n: chr(97 + n % 26)),
    "oid": families.integers(write, 0, 2**32 - 1),
    "xid": _texts("transaction", lambda n: str(n + 1)),
    "pg_lsn": _texts("WAL position", lambda n: f"0/{n + 1:X}"),
    "xml": _texts("XML", lambda n: f"<a>{n + 1}</a>", ("empty content", "")),
    "tsvector": _texts("text search", lambda n: f"word{n + 1}", ("no words", "")),
    "tsquery": _texts("text search", lambda n: f"word{n + 1}"),
    "point": _texts("point", lambda n: f"({n},{n})", ("origin", "(0,0)")),
    "line": _texts("line", lambda n: f"{{1,-1,{n}}}"),
    "lseg": _texts("segment", lambda n: f"[(0,0),({n + 1},1)]"),
    "box": _texts("box", lambda n: f"({10 * n + 5},5),({10 * n},0)"),
    "path": _texts("path", lambda n: f"[(0,0),({n + 1},1)]"),
    "polygon": _texts("polygon", lambda n: f"((0,0),({n + 1},0),(0,1))"),
    "circle": _texts("circle", lambda n: f"<({10 * n},0),1>"),
    "jsonpath": _texts("path", lambda n: f"$.a{n + 1}"),
    "hstore": _texts("pairs", lambda n: f'"key"=>"{n + 1}"', ("no pairs", ""), ("NULL in a pair", '"key"=>NULL')),
    "ltree": _texts("label path", lambda n: f"top.part{n + 1}", ("no labels", "")),
    "regclass": _texts("relation", lambda n: ("pg_class", "pg_attribute", "pg_type")[n % 3]),
    **{name: ranges(write, plain) for name, plain in RANGES.items()},
    **{name: ranges(write, RANGES[single], is_multiple=True) for name, single in MULTIRANGES.items()},
}


def guesses() -> Family:
    """Values for a type that is not known: one of them may be taken."""
    texts = ("1", "a", "", "{}", "()", "[1,2)", "0,0", "2023-05-10")
    return plain_texts(write, "unknown type", lambda number: texts[number % len(texts)])


__all__ = ["arrays", "family_of", "guesses", "labelled", "quote_name", "quoted", "write"]
