"""What SQLite keeps only in the text of CREATE TABLE: checks, collations, conflict clauses, names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pytest_dbops.backends.sqlite.catalog.tokens import (
    Kind,
    Token,
    closing,
    is_opening,
    render_tokens,
    split_at_commas,
    tokenize,
    without_outer_parentheses,
)

_STARTS_OF_COLUMN_RULES = frozenset(
    {
        "CONSTRAINT",
        "PRIMARY",
        "NOT",
        "NULL",
        "UNIQUE",
        "CHECK",
        "DEFAULT",
        "COLLATE",
        "REFERENCES",
        "GENERATED",
        "AS",
        "DEFERRABLE",
        "ON",
    }
)
_STARTS_OF_TABLE_RULES = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})


@dataclass(slots=True)
class ColumnText:
    """What the text says of one column."""

    name: str
    collation: str = ""
    not_null_conflict: str = ""
    generated: str | None = None


@dataclass(slots=True)
class KeyText:
    """A primary key or unique constraint as written; columns in order.

    is_descending: whether DESC follows PRIMARY KEY in a column's own rule.
    """

    columns: tuple[str, ...]
    name: str = ""
    conflict: str = ""
    is_autoincrement: bool = False
    is_descending: bool = False


@dataclass(slots=True)
class ForeignKeyText:
    """A foreign key as written; only what the server does not list."""

    name: str = ""
    is_deferrable: bool = False
    is_initially_deferred: bool = False


@dataclass(slots=True)
class CheckText:
    """A check as written, tokens without the keyword."""

    name: str
    tokens: Sequence[Token]


@dataclass(slots=True)
class TableText:
    """Everything read from one CREATE TABLE text, in the order it was written."""

    columns: list[ColumnText] = field(default_factory=list)
    primary_key: KeyText | None = None
    uniques: list[KeyText] = field(default_factory=list)
    foreign_keys: list[ForeignKeyText] = field(default_factory=list)
    checks: list[CheckText] = field(default_factory=list)


@lru_cache(maxsize=4096)
def parse_create_table(sql: str) -> TableText:
    """Return what a CREATE TABLE text says; the text is SQLite's own, so it is known to be valid.

    A table made by CREATE TABLE AS has been given a text with columns by SQLite. One text is parsed
    once in a process, since a walk over migrations reads the same tables again after every step;
    nobody may change what is returned.
    """
    tokens = tokenize(sql)
    start = next((place for place, token in enumerate(tokens) if is_opening(token)), len(tokens))
    table = TableText()
    for part in split_at_commas(tokens[start + 1 : closing(tokens, start)]):
        if part[0].upper in _STARTS_OF_TABLE_RULES:
            _read_table_rules(part, table)
        else:
            _read_column(part, table)
    return table


class _Reader:
    """A place in a list of tokens."""

    __slots__ = ("place", "tokens")

    def __init__(self, tokens: Sequence[Token], place: int = 0) -> None:
        self.tokens = tokens
        self.place = place

    @property
    def is_done(self) -> bool:
        return self.place >= len(self.tokens)

    def word(self, ahead: int = 0) -> str:
        place = self.place + ahead
        return self.tokens[place].upper if place < len(self.tokens) else ""

    def take(self) -> Token:
        token = self.tokens[self.place]
        self.place += 1
        return token

    def accept(self, *words: str) -> bool:
        if self.word() != words[0] or any(self.word(ahead) != word for ahead, word in enumerate(words[1:], 1)):
            return False
        self.place += len(words)
        return True

    def group(self) -> Sequence[Token]:
        """Take a parenthesised group and return what is inside it."""
        if self.is_done or not is_opening(self.tokens[self.place]):
            return ()
        end = closing(self.tokens, self.place)
        inside = self.tokens[self.place + 1 : end]
        self.place = end + 1
        return inside

    def conflict(self) -> str:
        return self.take().upper if self.accept("ON", "CONFLICT") else ""


def _read_column(part: Sequence[Token], table: TableText) -> None:
    reader = _Reader(part)
    column = ColumnText(reader.take().name)
    table.columns.append(column)
    while not reader.is_done and reader.word() not in _STARTS_OF_COLUMN_RULES:
        if not reader.group():
            reader.take()
    name = ""
    while not reader.is_done:
        if reader.accept("CONSTRAINT"):
            name = reader.take().name
        else:
            _read_column_rule(reader, column, name, table)
            name = ""


def _read_column_rule(reader: _Reader, column: ColumnText, name: str, table: TableText) -> None:
    if reader.accept("PRIMARY", "KEY"):
        is_descending = not reader.accept("ASC") and reader.accept("DESC")
        conflict = reader.conflict()
        table.primary_key = KeyText((column.name,), name, conflict, reader.accept("AUTOINCREMENT"), is_descending)
    elif reader.accept("NOT", "NULL"):
        column.not_null_conflict = reader.conflict()
    elif reader.accept("UNIQUE"):
        table.uniques.append(KeyText((column.name,), name, reader.conflict()))
    elif reader.accept("CHECK"):
        table.checks.append(CheckText(name, reader.group()))
    elif reader.accept("COLLATE"):
        column.collation = reader.take().name.upper()
    elif reader.accept("REFERENCES"):
        table.foreign_keys.append(_read_reference(reader, name))
    elif reader.accept("DEFAULT"):
        _skip_default(reader)
    elif reader.accept("GENERATED", "ALWAYS", "AS") or reader.accept("AS"):
        column.generated = render_tokens(without_outer_parentheses(reader.group()), _names(table))
    else:
        reader.take()


def _skip_default(reader: _Reader) -> None:
    if reader.group() or reader.is_done:
        return
    token = reader.take()
    if token.kind is Kind.OPERATOR and token.text in "+-" and not reader.is_done:
        reader.take()


def _read_reference(reader: _Reader, name: str) -> ForeignKeyText:
    key = ForeignKeyText(name)
    reader.take()
    reader.group()
    while not reader.is_done:
        if reader.accept("ON", "DELETE") or reader.accept("ON", "UPDATE"):
            _ = reader.accept("SET") or reader.accept("NO")
            reader.take()
        elif reader.accept("MATCH"):
            reader.take()
        elif reader.accept("NOT", "DEFERRABLE"):
            _read_initially(reader, ForeignKeyText())
        elif reader.accept("DEFERRABLE"):
            key.is_deferrable = True
            _read_initially(reader, key)
        else:
            break
    return key


def _read_initially(reader: _Reader, key: ForeignKeyText) -> None:
    if reader.accept("INITIALLY"):
        key.is_initially_deferred = reader.take().upper == "DEFERRED"


def _read_table_rules(part: Sequence[Token], table: TableText) -> None:
    # SQLite lets table constraints follow each other without a comma.
    reader = _Reader(part)
    name = ""
    while not reader.is_done:
        if reader.accept("CONSTRAINT"):
            name = reader.take().name
        else:
            _read_table_rule(reader, name, table)
            name = ""


def _read_table_rule(reader: _Reader, name: str, table: TableText) -> None:
    if reader.accept("PRIMARY", "KEY"):
        inside = reader.group()
        autoincrement = any(token.upper == "AUTOINCREMENT" for token in inside)
        table.primary_key = KeyText(_key_columns(inside), name, reader.conflict(), autoincrement)
    elif reader.accept("UNIQUE"):
        table.uniques.append(KeyText(_key_columns(reader.group()), name, reader.conflict()))
    elif reader.accept("CHECK"):
        table.checks.append(CheckText(name, reader.group()))
        reader.conflict()
    elif reader.accept("FOREIGN", "KEY"):
        reader.group()
        if reader.accept("REFERENCES"):
            table.foreign_keys.append(_read_reference(reader, name))
    else:
        reader.take()


def _key_columns(tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(part[0].name for part in split_at_commas(tokens))


def _names(table: TableText) -> dict[str, str]:
    return {column.name.casefold(): column.name for column in table.columns}
