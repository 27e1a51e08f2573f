"""Keys and tables of dbops.toml, and the reading of one table with its unknown keys, wrong types and origins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Generic, TypeVar

from pytest_dbops.config.document import Document, without_passwords
from pytest_dbops.config.lines import KeyPath
from pytest_dbops.config.nearest import nearest_hint
from pytest_dbops.config.shapes import Shape, Unfit
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.frozen import frozen

T = TypeVar("T")
_COMMAND_LINE = "command line"


@frozen
class Key(Generic[T]):
    """One key: its shape, its meaning, and its default and an example as the reference page shows them.

    may_show: whether messages may show a value that does not fit.
    option: what it is called on the command line, where it can be given there.
    """

    name: str
    shape: Shape[T]
    meaning: str
    default: str
    example: str
    may_show: bool = True
    option: str = ""


@frozen
class Table:
    """One table: its name with placeholders in capitals (`env.NAME`), what it is for, its keys.

    tables: names of tables inside it; is_open: whether it takes keys of any name.
    """

    name: str
    meaning: str
    keys: tuple[Key[Any], ...]
    tables: tuple[str, ...] = ()
    is_open: bool = False
    is_array: bool = False


@frozen
class Source:
    """What effective values are drawn from: the file, and the options of the command line above it.

    options: dotted key to value, as in `{"gate.fail_on": "warning"}`.
    origins: where each value that was read came from; filled while tables are read.
    """

    document: Document
    options: Mapping[str, object] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)

    def section(self, table: Table, *path: str | int) -> Section:
        """Return the table at `path`, an empty one when it is not written; refuses unknown keys in it."""
        value: Any = self.document.tables
        for part in path:
            value = value[part] if isinstance(part, int) else value.get(part, {})
        return Section(self, table, path, self.as_table(value, path))

    def as_table(self, value: object, path: KeyPath) -> Mapping[str, Any]:
        """Return `value` when it is a table, else raise ConfigError."""
        if not isinstance(value, dict):
            raise self.document.error(path, f"{dotted(path)!r} is a single value; a table is needed")
        return value


class Section:
    """One table while it is read."""

    __slots__ = ("_source", "_table", "_values", "path")

    def __init__(self, source: Source, table: Table, path: KeyPath, values: Mapping[str, Any]) -> None:
        self._source, self._table, self.path, self._values = source, table, path, values
        known = [*(key.name for key in table.keys), *table.tables]
        for name in values if not table.is_open else ():
            if name not in known:
                unknown = f"{without_passwords(repr(name))}{nearest_hint(name, known)}"
                raise self.error(name, f"{self.title} has no key {unknown}; it has {', '.join(known)}")

    @property
    def title(self) -> str:
        """How messages call the table: `[env.staging]`, `[[waiver]]`."""
        return f"[[{self._table.name}]]" if self._table.is_array else f"[{dotted(self.path)}]"

    def has(self, key: Key[Any]) -> bool:
        """Whether the key is given, in the file or on the command line."""
        return key.name in self._values or self._dotted(key) in self._source.options

    def read(self, key: Key[T], default: T, *, origin: str = "default") -> T:
        """Return the effective value of a key and note its origin; raises ConfigError when it does not fit."""
        name = self._dotted(key)
        if name in self._source.options:
            self._source.origins[name] = _COMMAND_LINE
            return self._fit(key, self._source.options[name], place=_COMMAND_LINE)
        if key.name in self._values:
            place = self._source.origins[name] = self._source.document.place((*self.path, key.name))
            return self._fit(key, self._values[key.name], place=place)
        self._source.origins[name] = origin
        return default

    def require(self, key: Key[T]) -> T:
        """Return the value of a key that must be given."""
        if not self.has(key):
            raise self.error("", f"{self.title} lacks {key.name!r} (add: {key.example})")
        place = self._source.origins[self._dotted(key)] = self._source.document.place((*self.path, key.name))
        return self._fit(key, self._values[key.name], place=place)

    def note(self, name: str, origin: str) -> None:
        """Record that the value of a key came from elsewhere than the file, the options or the default."""
        self._source.origins[dotted((*self.path, name))] = origin

    def rest(self) -> dict[str, Any]:
        """Return the keys of an open table that it does not define itself."""
        known = {key.name for key in self._table.keys} | set(self._table.tables)
        return {name: value for name, value in self._values.items() if name not in known}

    def error(self, name: str, problem: str) -> ConfigError:
        """Return the error to raise for a key of this table; with an empty name, for the table itself."""
        return self._source.document.error((*self.path, name) if name else self.path, problem)

    def _fit(self, key: Key[T], value: object, *, place: str) -> T:
        try:
            return key.shape.parse(value)
        except Unfit as err:
            shown = f" is {_short(value)}" if key.may_show else " does not fit"
            name = f"{self.title} {dotted((key.name,))}"
            if place == _COMMAND_LINE:
                name, shown = key.option or self._dotted(key), f" is {_as_given(value)}"
            raise ConfigError(f"{place}: {name}{shown}; {err}") from None

    def _dotted(self, key: Key[Any]) -> str:
        return dotted((*self.path, key.name))


def dotted(path: KeyPath) -> str:
    """Return `env.staging.url`; the index of a table in an array counts from 1."""
    return ".".join(_written(part) for part in path)


def _written(part: str | int) -> str:
    if isinstance(part, int):
        return str(part + 1)
    return part if part.replace("-", "").replace("_", "").isalnum() else without_passwords(repr(part))


def _as_given(value: object) -> str:
    """Return a value as it stood on the command line, where a list is one word."""
    return _short(",".join(map(str, value)) if isinstance(value, list) else value)


def _short(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    shown = without_passwords(repr(value) if isinstance(value, str | int | float) else str(value))
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
