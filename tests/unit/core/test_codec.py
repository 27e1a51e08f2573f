"""Dataclasses to JSON and back: every value there can be, and clear words for what does not fit."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from typing import Any, NewType

import pytest
from hypothesis import given, settings

from pytest_dbops.core.catalog import Catalog, Column, Grant, KeyConstraint, OtherObject, Privileges, Table
from pytest_dbops.core.codec import Mismatch, from_json, to_compact_json, to_json
from pytest_dbops.core.environment import DEFAULT_POLICIES, Kind, Policy, Requirement
from pytest_dbops.core.finding import JsonValue
from pytest_dbops.core.report import Report
from pytest_dbops.core.secret import Secret
from tests.unit.strategies import reports

Tag = NewType("Tag", str)


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


@dataclass(frozen=True, slots=True)
class Inner:
    tag: Tag
    weight: float = 1.5


@dataclass(frozen=True, slots=True)
class Everything:
    text: str
    colour: Colour
    level: Level | None
    day: date
    moment: datetime
    path: Path
    pair: tuple[str, int]
    many: tuple[Inner, ...]
    words: frozenset[str]
    colours: frozenset[Colour]
    by_name: Mapping[str, Inner]
    rows: Sequence[Mapping[str, Any]]
    evidence: tuple[Mapping[str, JsonValue], ...]
    limit: int | str | None = None
    made: int = field(init=False, default=0, compare=False)


WHOLE = Everything(
    text="é\ud800",
    colour=Colour.RED,
    level=Level.HIGH,
    day=date(2026, 3, 1),
    moment=datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC),
    path=Path("a/b"),
    pair=("x", 1),
    many=(Inner(Tag("t")), Inner(Tag("u"), math.inf)),
    words=frozenset({"b", "a"}),
    colours=frozenset({Colour.RED}),
    by_name={"k": Inner(Tag("v"))},
    rows=({"n": 1, "s": None},),
    evidence=({"a": [1, {"b": 2.5}]},),
    limit=7,
)


def test_every_kind_of_field_is_written_as_plain_json() -> None:
    written = to_json(WHOLE)

    assert written == {
        "text": "é\ud800",
        "colour": "red",
        "level": "high",
        "day": "2026-03-01",
        "moment": "2026-03-01T12:00:00.000005+00:00",
        "path": "a/b",
        "pair": ["x", 1],
        "many": [{"tag": "t", "weight": 1.5}, {"tag": "u", "weight": "inf"}],
        "words": ["a", "b"],
        "colours": ["red"],
        "by_name": {"k": {"tag": "v", "weight": 1.5}},
        "rows": [{"n": 1, "s": None}],
        "evidence": [{"a": [1, {"b": 2.5}]}],
        "limit": 7,
    }


def test_every_kind_of_field_comes_back() -> None:
    assert from_json(Everything, json.loads(json.dumps(to_json(WHOLE)))) == WHOLE


def test_compact_form_leaves_defaults_out_and_comes_back() -> None:
    inner = Inner(Tag("t"))

    assert to_compact_json(inner) == {"tag": "t"}
    assert from_json(Inner, to_compact_json(inner)) == inner


@given(reports)
@settings(deadline=None)
def test_any_report_comes_back_equal(report: Report) -> None:
    assert from_json(Report, json.loads(json.dumps(to_json(report)))) == report
    assert from_json(Report, json.loads(json.dumps(to_compact_json(report)))) == report


def test_a_catalog_comes_back_equal_with_its_statistics() -> None:
    column = Column("id", 1, "bigint", not_null=True, privileges=Privileges((Grant("app", "SELECT"),)))
    table = Table("public", "invoice", (column,), KeyConstraint("pk", ("id",)), estimated_rows=12.0, pages=3)
    other = OtherObject("publication", "", "p", (("tables", "all"),))
    catalog = Catalog("postgresql", 160004, tables=(table,), others=(other,))

    again = from_json(Catalog, json.loads(json.dumps(to_compact_json(catalog))))

    assert again == catalog
    assert again.table("public", "invoice").pages == 3


@pytest.mark.parametrize("kind", list(Kind))
def test_a_policy_comes_back_equal(kind: Kind) -> None:
    policy = DEFAULT_POLICIES[kind]

    assert from_json(Policy, to_json(policy)) == policy


def test_a_set_of_enums_is_written_in_a_fixed_order() -> None:
    written = to_json(DEFAULT_POLICIES[Kind.STAGING])

    assert isinstance(written, dict)
    assert written["require"] == sorted([Requirement.TLS.value, Requirement.ANONYMIZED.value])


def test_unknown_keys_are_ignored_and_absent_ones_take_their_default() -> None:
    assert from_json(Inner, {"tag": "t", "added_later": 1}) == Inner(Tag("t"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"many": [{"tag": "t"}, {"tag": 5}]}, "many[1].tag: 5 is no text"),
        ({"many": {}}, "many: {} is no list"),
        ({"many": [7]}, "many[0]: 7 is no object (Inner)"),
        ({"many": [{}]}, "many[0]: key 'tag' is missing (Inner)"),
        ({"by_name": {"k": {"tag": "t", "weight": True}}}, "by_name.k.weight: True is no number"),
        ({"by_name": []}, "by_name: [] is no object"),
        ({"colour": "blue"}, "colour: 'blue' is none of red"),
        ({"colour": ["red"]}, "colour: ['red'] is none of red"),
        ({"level": 3}, "level: 3 is none of high"),
        ({"day": "tomorrow"}, "day: 'tomorrow' is no ISO 8601 date"),
        ({"moment": 12}, "moment: 12 is no ISO 8601 datetime"),
        ({"path": None}, "path: None is no text"),
        ({"pair": ["x"]}, "pair: ['x'] is no list of 2"),
        ({"pair": ["x", 1.0]}, "pair[1]: 1.0 is no whole number"),
        ({"limit": 1.5}, "limit: 1.5 is none of int, str, NoneType"),
    ],
)
def test_a_misfit_is_told_with_its_place(change: dict[str, JsonValue], message: str) -> None:
    document = to_json(WHOLE)
    assert isinstance(document, dict)

    with pytest.raises(Mismatch) as raised:
        from_json(Everything, {**document, **change})

    assert str(raised.value) == message


def test_a_long_misfit_is_cut_in_the_message() -> None:
    with pytest.raises(Mismatch) as raised:
        from_json(Inner, {"tag": "t", "weight": "x" * 10_000})

    assert len(str(raised.value)) < 100


@dataclass(frozen=True, slots=True)
class WithSecret:
    password: Secret


@dataclass(frozen=True, slots=True)
class WithUnion:
    what: Inner | Colour


@dataclass(frozen=True, slots=True)
class WithObject:
    what: Enum | None
    thing: bytes = b""


@dataclass(frozen=True, slots=True)
class WithNumberedKeys:
    names: Mapping[int, str]


def test_a_secret_is_never_written() -> None:
    with pytest.raises(TypeError, match="a Secret is never written to JSON"):
        to_json(WithSecret(Secret("hunter22")))


def test_a_secret_is_never_read() -> None:
    with pytest.raises(TypeError, match="a Secret is never read from JSON"):
        from_json(WithSecret, {"password": "hunter22"})


@pytest.mark.parametrize(
    "value",
    [WithUnion(Colour.RED), WithObject(None), WithNumberedKeys({1: "one"})],
    ids=lambda value: type(value).__name__,
)
def test_a_type_without_a_json_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="has no JSON form"):
        to_json(value)
    with pytest.raises(TypeError, match="has no JSON form"):
        from_json(type(value), {})


@pytest.mark.parametrize("value", [b"x", date(2026, 1, 1), math.nan, {1: 2}])
def test_a_value_that_would_not_come_back_is_refused_where_the_hint_is_any(value: object) -> None:
    with pytest.raises(TypeError, match=r"is no (plain JSON value|key of a JSON object)"):
        to_json(Everything(**{**_fields(WHOLE), "rows": ({"n": value},)}))


def test_evidence_of_another_type_is_written_as_its_text() -> None:
    whole = Everything(**{**_fields(WHOLE), "evidence": ({"d": date(2026, 1, 1), "n": math.nan, "t": (1, b"x")},)})

    written = to_json(whole)

    assert isinstance(written, dict)
    assert written["evidence"] == [{"d": "2026-01-01", "n": "nan", "t": [1, "b'x'"]}]


def _fields(value: Everything) -> dict[str, Any]:
    return {name: getattr(value, name) for name in Everything.__slots__ if name != "made"}
