"""What SQLite keeps only in the texts of CREATE INDEX, VIEW, TRIGGER and VIRTUAL TABLE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_dbops.backends.sqlite.catalog.tokens import (
    Token,
    closing,
    is_opening,
    render_tokens,
    split_at_commas,
    tokenize,
    without_outer_parentheses,
)


@dataclass(frozen=True, slots=True)
class IndexText:
    """The keys of an index as expressions, in order, and its predicate."""

    expressions: tuple[str, ...]
    predicate: str | None


def parse_create_index(sql: str, columns: Mapping[str, str]) -> IndexText:
    """Return what a CREATE INDEX text says; ``columns`` maps folded column names to their spelling."""
    tokens = tokenize(sql)
    start = next(place for place, token in enumerate(tokens) if is_opening(token))
    end = closing(tokens, start)
    keys = tuple(_expression(part, columns) for part in split_at_commas(tokens[start + 1 : end]))
    rest = tokens[end + 1 :]
    if rest and rest[0].upper == "WHERE":
        return IndexText(keys, render_tokens(without_outer_parentheses(rest[1:]), columns))
    return IndexText(keys, None)


def _expression(part: Sequence[Token], columns: Mapping[str, str]) -> str:
    if part[-1].upper in ("ASC", "DESC"):
        part = part[:-1]
    if len(part) > 2 and part[-2].upper == "COLLATE":
        part = part[:-2]
    return render_tokens(without_outer_parentheses(part), columns)


def view_definition(sql: str) -> str:
    """Return a view's query in one spelling, with its list of columns before it where it has one."""
    tokens = tokenize(sql)
    place = next(place for place, token in enumerate(tokens) if token.upper == "AS" or is_opening(token))
    if is_opening(tokens[place]):
        end = closing(tokens, place)
        return f"{render_tokens(tokens[place : end + 1])} AS {render_tokens(tokens[end + 2 :])}"
    return render_tokens(tokens[place + 1 :])


_TRIGGER_STARTS = frozenset({"BEFORE", "AFTER", "INSTEAD", "DELETE", "INSERT", "UPDATE"})


def trigger_definition(sql: str) -> str:
    """Return a trigger's text in one spelling, from its time (BEFORE, where none is written) on."""
    tokens = tokenize(sql)
    start = 2 if tokens[1].upper == "TRIGGER" else 3
    # The name itself may be such a word, so the search begins behind it.
    if [token.upper for token in tokens[start : start + 3]] == ["IF", "NOT", "EXISTS"]:
        start += 3
    place = next(place for place in range(start + 1, len(tokens)) if tokens[place].upper in _TRIGGER_STARTS)
    text = render_tokens(tokens[place:])
    return text if tokens[place].upper in ("BEFORE", "AFTER", "INSTEAD") else f"BEFORE {text}"


def module_of(sql: str) -> str:
    """Return the module of a virtual table with its arguments, in one spelling."""
    tokens = tokenize(sql)
    place = next(place for place, token in enumerate(tokens) if token.upper == "USING")
    return render_tokens(tokens[place + 1 :])
