"""SQLAlchemy column types that seal and open their values, and the one of blind indexes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from sqlalchemy import Column, Engine, LargeBinary, Table, event
from sqlalchemy.types import TypeDecorator

from pytest_dbops.core.encryption import Content
from pytest_dbops.core.errors import ConfigError, FieldError
from pytest_dbops.crypto.blind_index import LEAST_BYTES, MOST_BYTES, NORMALISERS, UNIQUE_BYTES, Index, blind_index
from pytest_dbops.crypto.comparing import EncryptedComparator
from pytest_dbops.crypto.current import current_keyring
from pytest_dbops.crypto.keyring import IndexRole, Keyring, Place
from pytest_dbops.crypto.layout import OVERHEAD_BYTES
from pytest_dbops.crypto.seal import Sealed, open_field, seal

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect, ExceptionContext
    from sqlalchemy.sql.base import SchemaEventTarget

T = TypeVar("T")
_PUBLIC = "pytest_dbops"


class Encrypted(TypeDecorator[T]):
    """What the encrypted types share; stored as bytea on PostgreSQL, BLOB on SQLite.

    place: `table.column` the values are sealed for, to be given when either is renamed; by default their names.
    length: most bytes the column holds, where it is bounded. bind: columns of tenant and row id (see `encrypted`).
    """

    impl = LargeBinary
    cache_ok = True
    comparator_factory = EncryptedComparator
    content: ClassVar[Content]

    def __init__(self, *, place: str = "", length: int | None = None, bind: tuple[str, str] | None = None) -> None:
        super().__init__(length)
        if place and (not all(place.rpartition(".")[::2])):
            raise ConfigError(f"{type(self).__name__}: place is {place!r}; write it as in 'customer.email'")
        if length is not None and length <= OVERHEAD_BYTES:
            raise ConfigError(
                f"{type(self).__name__}: a column of {length} bytes is too short; an envelope has {OVERHEAD_BYTES}"
                " bytes around its value"
            )
        if bind is not None and (len(bind) != 2 or not all(bind)):
            raise ConfigError(f"{type(self).__name__}: bind names two columns, tenant and row id; it is {bind!r}")
        self.place = place
        self.length = length
        self.bind = bind
        self._given_place = place
        self._is_attached = False

    def __repr__(self) -> str:
        given = {"place": self._given_place, "length": self.length, "bind": self.bind}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in given.items() if value)})"

    def copy(self, **_: Any) -> Encrypted[T]:
        """Return a type for a dialect, or for another column, whose place it takes then unless one was given."""
        made = type(self)(place=self._given_place, length=self.length, bind=self.bind)
        made.place = self.place
        return made

    @property
    def sealed_for(self) -> Place:
        """Table and column that values are sealed for."""
        table, _, column = self.place.rpartition(".")
        if not table:
            raise FieldError(f"{self!r} belongs to no column of a table (give it place='table.column')")
        return table, column

    def encode(self, value: T) -> bytes:
        """Return a value as the bytes that are sealed."""
        raise NotImplementedError

    def decode(self, plaintext: bytes) -> T:
        """Return the value that sealed bytes hold."""
        raise NotImplementedError

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Return what the driver stores; an envelope of ours passes as it is."""
        if value is None:
            return None
        if not isinstance(value, Sealed):
            if self.bind is not None:
                raise FieldError(
                    f"a field of {self.place} is bound to its row, which no column type sees (seal the rows by"
                    " pytest_dbops.encrypt_rows, or set the attribute of a mapped object)"
                )
            value = seal(current_keyring(), self.sealed_for, self.encode(value))
        self.refuse_too_long(value)
        return bytes(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return what was sealed; in the row profile its envelope, which `decrypt_rows` opens."""
        if value is None or self.bind is not None:
            return value if value is None else Sealed(value)
        return self.decode(open_field(current_keyring(), self.sealed_for, _as_bytes(value, self.place)))

    def open_in_row(self, value: Any, table: Table, row: Mapping[str, Any]) -> Any:
        """Return what a field read from a row holds: in the row profile it comes as the envelope, see `RowReader`."""
        if self.bind is None or value is None:
            return value
        from pytest_dbops.crypto.models import bound_columns
        from pytest_dbops.crypto.rows import bind_row

        binding = bind_row(table.fullname, bound_columns(table, self.bind), row)
        return self.decode(open_field(current_keyring(), self.sealed_for, bytes(value), binding))

    def refuse_too_long(self, envelope: bytes) -> None:
        """Raise FieldError for an envelope that a bounded column would cut."""
        if self.length is not None and len(envelope) > self.length:
            raise FieldError(f"a field of {self.place} needs {len(envelope)} bytes; its column holds {self.length}")

    def _set_parent(self, parent: SchemaEventTarget, outer: bool = False, **kw: Any) -> None:
        super()._set_parent(parent, outer=outer, **kw)
        event.listen(parent, "after_parent_attach", self._attached)

    def _attached(self, column: Column[Any], table: object) -> None:
        if not isinstance(table, Table) or self._given_place:
            return
        place = f"{table.fullname}.{column.name}"
        if self._is_attached and self.place != place:
            raise ConfigError(f"one {self!r} stands for {self.place} and {place}; write one for each column")
        self.place, self._is_attached = place, True


class EncryptedText(Encrypted[str]):
    """A text that is encrypted in the database; `Mapped[str] = mapped_column(EncryptedText())`."""

    cache_ok = True
    content = Content.TEXT

    def encode(self, value: str) -> bytes:
        """Return the text in UTF-8."""
        if not isinstance(value, str):
            raise FieldError(f"a field of {self.place} is a text; a {type(value).__name__} was given")
        return value.encode()

    def decode(self, plaintext: bytes) -> str:
        """Return the text."""
        return plaintext.decode()


class EncryptedJSON(Encrypted[Any]):
    """A JSON document that is encrypted in the database; None is NULL."""

    cache_ok = True
    content = Content.JSON

    def encode(self, value: Any) -> bytes:
        """Return the document in one form, so that equal ones are equal."""
        try:
            text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError):
            raise FieldError(f"a field of {self.place} is a JSON document; what was given is none") from None
        return text.encode()

    def decode(self, plaintext: bytes) -> Any:
        """Return the document as Python values."""
        return json.loads(plaintext)


class EncryptedBytes(Encrypted[bytes]):
    """Bytes that are encrypted in the database."""

    cache_ok = True
    content = Content.BYTES

    def encode(self, value: bytes) -> bytes:
        """Return the bytes."""
        if not isinstance(value, bytes | bytearray | memoryview):
            raise FieldError(f"a field of {self.place} is binary; a {type(value).__name__} was given")
        return bytes(value)

    def decode(self, plaintext: bytes) -> bytes:
        """Return the bytes."""
        return plaintext


class InTenant(NamedTuple):
    """A value to be found in a blind index that holds the tenant: `Customer.email == in_tenant(7, "a@example.com")`."""

    tenant: Any
    value: str

    def __repr__(self) -> str:
        return f"in_tenant({self.tenant!r}, ***)"


def in_tenant(tenant: Any, value: str) -> InTenant:
    """Return a value to compare an encrypted column of a tenant's table with."""
    return InTenant(tenant, value)


class BlindIndex(TypeDecorator[bytes]):
    """The keyed hash of an encrypted column, by which equal values are found.

    of: the encrypted column of the same table. normalise: `exact`, `text`, `email` or `digits` (docs/format.md).
    tenant: the column of the tenant, which is then part of the hash: equal values of two tenants look unlike.
    bits: length of the hash; fewer bits tell less of equal values, and a unique index needs 128.
    follows: the column of the index that this one takes over from, for a change of the key; both are written.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(
        self, of: str, *, normalise: str = "exact", tenant: str | None = None, bits: int = 128,
        follows: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if normalise not in NORMALISERS:
            raise ConfigError(f"BlindIndex: normalise is {normalise!r}; one of {', '.join(NORMALISERS)} is needed")
        if bits % 8 or not LEAST_BYTES <= bits // 8 <= MOST_BYTES:
            raise ConfigError(f"BlindIndex: bits is {bits}; a multiple of 8 from {LEAST_BYTES * 8} to 256 is needed")
        self.of = of
        self.normalise = normalise
        self.tenant = tenant
        self.bits = bits
        self.follows = follows
        self._table: Table | None = None
        self._column = ""

    def __repr__(self) -> str:
        given = {
            "normalise": (self.normalise, "exact"), "tenant": (self.tenant, None), "bits": (self.bits, 128),
            "follows": (self.follows, None),
        }  # fmt: skip
        named = (f"{name}={value!r}" for name, (value, usual) in given.items() if value != usual)
        return f"BlindIndex({', '.join((repr(self.of), *named))})"

    def copy(self, **_: Any) -> BlindIndex:
        """Return a type for a dialect, or for another table."""
        made = BlindIndex(
            self.of, normalise=self.normalise, tenant=self.tenant, bits=self.bits, follows=self.follows
        )  # fmt: skip
        made._table, made._column = self._table, self._column
        return made

    @property
    def role(self) -> IndexRole:
        """Whether it takes over from another index of its table, or another one takes over from it."""
        if self.follows:
            return IndexRole.FOLLOWER
        columns = self._table.columns if self._table is not None else ()
        others = (each.type for each in columns if isinstance(each.type, BlindIndex))
        is_followed = any(each.follows == self._column for each in others)
        return IndexRole.FOLLOWED if is_followed else IndexRole.ALONE

    @property
    def encrypted(self) -> Encrypted[Any]:
        """The type of the column that is indexed; raises ConfigError where it is none of ours."""
        found = self._table.columns.get(self.of) if self._table is not None else None
        kind = found.type if found is not None else None
        if not isinstance(kind, Encrypted) or kind.content is not Content.TEXT:
            raise ConfigError(f"BlindIndex({self.of!r}) needs a column {self.of!r} of type EncryptedText in its table")
        return kind

    def index(self, value: str, tenant: str = "", *, keyring: Keyring | None = None) -> Index:
        """Return the index of a value; tenant: as it is written, empty where it is no part of the hash."""
        place = self.encrypted.sealed_for
        return blind_index(
            keyring or current_keyring(), place, value, normalise=self.normalise, length=self.bits // 8, tenant=tenant,
            role=self.role,
        )  # fmt: skip

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Return what the driver stores; an index of ours passes as it is, a text becomes its index."""
        if value is None or isinstance(value, Index):
            return None if value is None else bytes(value)
        if isinstance(value, InTenant):
            if self.tenant is None:
                raise FieldError(f"the blind index of {self.of!r} holds no tenant; compare with the value alone")
            return bytes(self.index(value.value, str(value.tenant)))
        if not isinstance(value, str):
            raise FieldError(f"the blind index of {self.of!r} is made of a text; a {type(value).__name__} was given")
        if self.tenant is not None:
            raise FieldError(f"the blind index of {self.of!r} holds the tenant (compare with in_tenant(tenant, value))")
        return bytes(self.index(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the index as it is stored."""
        return None if value is None else Index(value)

    def _set_parent(self, parent: SchemaEventTarget, outer: bool = False, **kw: Any) -> None:
        super()._set_parent(parent, outer=outer, **kw)
        event.listen(parent, "after_parent_attach", self._attached)

    def _attached(self, column: Column[Any], table: object) -> None:
        if not isinstance(table, Table):
            return
        if column.unique and self.bits < UNIQUE_BYTES * 8:
            raise ConfigError(f"{table.fullname}.{column.name} is unique; {self!r} needs {UNIQUE_BYTES * 8} bits")
        self._table, self._column = table, column.key


def _as_bytes(value: Any, name: str) -> bytes:
    if isinstance(value, str):
        raise FieldError(f"a field of {name} cannot be opened: it is text (is it plaintext?)")
    return bytes(value)


@event.listens_for(Engine, "handle_error", retval=True)
def _show_no_values(context: ExceptionContext) -> BaseException | None:
    """Keep values out of the errors of statements that fail before they are sent, whose parameters are not sealed yet.

    An error of ours comes as it is; of any other, SQLAlchemy's text leaves the parameters out.
    """
    if isinstance(context.original_exception, FieldError):
        return context.original_exception
    if context.sqlalchemy_exception is not None and context.execution_context is None:
        context.sqlalchemy_exception.hide_parameters = True
    return None


for _kind in (EncryptedText, EncryptedJSON, EncryptedBytes, BlindIndex):
    # Migrations and pickles name a type by its module; the public one is where it is imported from.
    _kind.__module__ = _PUBLIC
