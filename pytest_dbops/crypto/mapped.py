"""Mapped attributes of the row profile: sealed when their row is flushed, opened when they are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, overload
from weakref import WeakKeyDictionary

from sqlalchemy import Table, event
from sqlalchemy import inspect as state_of
from sqlalchemy.orm import MappedColumn, Mapper, mapped_column

from pytest_dbops.core.encryption import BoundColumn
from pytest_dbops.core.errors import ConfigError, FieldError
from pytest_dbops.crypto.current import current_keyring
from pytest_dbops.crypto.models import bound_column, bound_columns
from pytest_dbops.crypto.rows import bind_row, index_of_row
from pytest_dbops.crypto.seal import open_field, seal
from pytest_dbops.crypto.types import BlindIndex, Encrypted

if TYPE_CHECKING:
    from sqlalchemy.orm import InstrumentedAttribute

T = TypeVar("T")


_Bound = tuple[Encrypted[Any], tuple[BoundColumn, BoundColumn]]


class _Unsealed(NamedTuple):
    """A value that waits for its row to be flushed."""

    value: Any

    def __repr__(self) -> str:
        return "<not sealed yet>"


class encrypted(Generic[T]):  # used as mapped_column is
    """A mapped column of the row profile: `email = encrypted(EncryptedText(), bind=("org_id", "public_id"))`.

    bind: the columns of the tenant and of an id that the client makes, that is unique and stays. The attribute holds
    the value; on the class it is the column, which compares by its blind index. What more is given, `mapped_column`
    gets.
    """

    def __init__(self, kind: Encrypted[T], *, bind: tuple[str, str], name: str | None = None, **column: Any) -> None:
        if kind.bind is not None:
            raise ConfigError("encrypted() takes `bind` itself; leave it out of the type")
        self._kind = type(kind)(place=kind.place, length=kind.length, bind=bind)
        self._name = name
        self._column = column
        self.bind = bind
        self.attribute = ""
        """The attribute that holds the envelope."""
        self.known: WeakKeyDictionary[Mapper[Any], _Bound] = WeakKeyDictionary()

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute = f"_{name}_sealed"
        column: MappedColumn[Any] = mapped_column(self._name or name, self._kind, **{"nullable": True, **self._column})
        setattr(owner, self.attribute, column)

    @overload
    def __get__(self, instance: None, owner: type) -> InstrumentedAttribute[T | None]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T | None: ...
    def __get__(self, instance: object | None, owner: type) -> Any:
        if instance is None:
            return getattr(owner, self.attribute)
        held = getattr(instance, self.attribute)
        if isinstance(held, _Unsealed):
            return held.value
        if held is None:
            return None
        mapper = state_of(instance).mapper
        kind, bind = _bound_kind(mapper, self)
        binding = bind_row(_table(mapper).name, bind, _row_of(instance, mapper, bind))
        return kind.decode(open_field(current_keyring(), kind.sealed_for, bytes(held), binding))

    def __set__(self, instance: object, value: T | None) -> None:
        setattr(instance, self.attribute, None if value is None else _Unsealed(value))


@event.listens_for(Mapper, "mapper_configured")
def _watch(mapper: Mapper[Any], class_: type) -> None:
    """Have the rows of a class sealed and indexed when they are flushed, where it has anything to seal or index."""
    if not isinstance(mapper.local_table, Table):
        return
    for each in _attributes(class_):
        _bound_kind(mapper, each)
    if any(_attributes(class_)) or any(_indexes(mapper)):
        event.listen(mapper, "before_insert", _seal_row)
        event.listen(mapper, "before_update", _seal_row)


def _seal_row(mapper: Mapper[Any], _: object, target: Any) -> None:
    """Seal what waits for it, and make the blind indexes of what has changed."""
    state = state_of(target)
    attributes = tuple(_attributes(type(target)))
    _make_ids(mapper, target, attributes)
    for each in attributes if state.persistent else ():
        _refuse_moved(mapper, target, each)
    _make_indexes(mapper, target, attributes)
    for each in attributes:
        held = getattr(target, each.attribute)
        if isinstance(held, _Unsealed):
            kind, bind = _bound_kind(mapper, each)
            binding = bind_row(_table(mapper).name, bind, _row_of(target, mapper, bind))
            sealed = seal(current_keyring(), kind.sealed_for, kind.encode(held.value), binding)
            setattr(target, each.attribute, sealed)


def _make_ids(mapper: Mapper[Any], target: Any, attributes: tuple[encrypted[Any], ...]) -> None:
    """Give a row the id that its columns make by default: it has to be there before anything is sealed."""
    for name in {name for each in attributes for name in each.bind}:
        column = _table(mapper).columns[name]
        key = mapper.get_property_by_column(column).key
        default: Any = column.default  # a ColumnDefault has an `arg`, a Sequence is the server's
        if getattr(target, key) is not None or default is None:
            continue
        if default.is_scalar:
            setattr(target, key, default.arg)
        elif default.is_callable:
            setattr(target, key, default.arg(None))


def _refuse_moved(mapper: Mapper[Any], target: Any, attribute: encrypted[Any]) -> None:
    """Refuse a row whose tenant or id changes: what is sealed for it would not open any more."""
    for name in attribute.bind:
        key = mapper.get_property_by_column(_table(mapper).columns[name]).key
        if state_of(target).attrs[key].history.has_changes():
            raise FieldError(
                f"{_table(mapper).name}.{name} of a stored row was changed; its encrypted fields are bound to it"
                " (insert another row in its place)"
            )


def _make_indexes(mapper: Mapper[Any], target: Any, attributes: tuple[encrypted[Any], ...]) -> None:
    table = _table(mapper)
    sealed = {each.attribute: each for each in attributes}
    for index, key in _indexes(mapper):
        source = mapper.get_property_by_column(table.columns[index.of]).key
        held = getattr(target, source)
        is_new = state_of(target).attrs[source].history.has_changes() or state_of(target).transient
        if not is_new and (held is None) == (getattr(target, key) is None):
            continue
        value = getattr(target, _public(type(target), sealed[source])) if source in sealed else held
        if value is None:
            setattr(target, key, None)
            continue
        tenant = bound_column(table, index.tenant) if index.tenant else None
        row = _row_of(target, mapper, (tenant,) if tenant else ())
        setattr(target, key, index_of_row(table.name, index, tenant, row, value, current_keyring()))


def _bound_kind(mapper: Mapper[Any], attribute: encrypted[Any]) -> _Bound:
    """Return the type of an attribute's column and what it is bound to; raises ConfigError where that cannot hold."""
    known = attribute.known.get(mapper)
    if known is None:
        column = mapper.columns[attribute.attribute]
        assert isinstance(column.type, Encrypted)
        known = attribute.known[mapper] = (column.type, bound_columns(_table(mapper), attribute.bind))
    return known


def _table(mapper: Mapper[Any]) -> Table:
    assert isinstance(mapper.local_table, Table)
    return mapper.local_table


def _row_of(instance: object, mapper: Mapper[Any], bind: tuple[BoundColumn, ...]) -> dict[str, Any]:
    table = _table(mapper)
    keys = {each.name: mapper.get_property_by_column(table.columns[each.name]).key for each in bind}
    return {name: getattr(instance, key) for name, key in keys.items()}


def _attributes(class_: type) -> Iterator[encrypted[Any]]:
    """Yield the attributes of the row profile that a class has, its mixins' among them."""
    seen: set[str] = set()
    for base in class_.__mro__:
        for name, value in vars(base).items():
            if isinstance(value, encrypted) and name not in seen:
                seen.add(name)
                yield value


def _public(class_: type, attribute: encrypted[Any]) -> str:
    return next(name for base in class_.__mro__ for name, value in vars(base).items() if value is attribute)


def _indexes(mapper: Mapper[Any]) -> Iterator[tuple[BlindIndex, str]]:
    """Yield the blind indexes of a class, each with the attribute that holds it."""
    for column in _table(mapper).columns:
        if isinstance(column.type, BlindIndex):
            yield column.type, mapper.get_property_by_column(column).key
