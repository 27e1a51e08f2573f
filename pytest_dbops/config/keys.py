"""The tables `[[key]]`: root keys of encrypted columns by reference, with their states and dates."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TypeVar

from pytest_dbops.config.nearest import nearest_hint
from pytest_dbops.config.references import Form, Reference, parse_reference
from pytest_dbops.config.shapes import Shape, Unfit, day, member, some_of, text, words
from pytest_dbops.config.table import Key, Section, Source, Table
from pytest_dbops.core.encryption_terms import KeyState, Purpose
from pytest_dbops.core.frozen import frozen

T = TypeVar("T")
_FORMS = (Form.ENV, Form.FILE, Form.CMD)
_ID_DIGITS = 8


@frozen
class KeyEntry:
    """A root key as the file tells of it.

    source: where it is read from; None for one that is destroyed. id: 8 hex digits, empty where it is not pinned.
    tenant: empty for a key of all tenants that have none of their own. environments: none for all.
    """

    name: str
    purposes: tuple[Purpose, ...]
    state: KeyState
    source: Reference | None
    id: str = ""
    tenant: str = ""
    created: date | None = None
    activated: date | None = None
    retired: date | None = None
    environments: tuple[str, ...] = ()


def _reference() -> Shape[Reference]:
    def parse(value: object) -> Reference:
        prefix = value.partition(":")[0] if isinstance(value, str) else ""
        if prefix not in _FORMS:
            raise Unfit("write env:NAME, file:PATH or cmd:COMMAND; a key itself never stands in the file")
        try:
            return parse_reference(str(value))
        except ValueError as err:
            raise Unfit(f"it {err}") from None

    return Shape("`env:NAME`, `file:PATH` or `cmd:COMMAND`", parse)


def _key_id() -> Shape[str]:
    def parse(value: object) -> str:
        digits = value.lower() if isinstance(value, str) else ""
        if len(digits) != _ID_DIGITS or set(digits) - set("0123456789abcdef"):
            raise Unfit(f"{_ID_DIGITS} hex digits are needed, as dbops compliance keys list shows them")
        return digits

    return Shape(f"{_ID_DIGITS} hex digits", parse)


NAME = Key("name", text(), "how people call it", "required", 'name = "2026"')
SOURCE = Key(
    "source", _reference(), "where the key is read from: `hex:` and 64 digits, or `base64:` of 32 bytes",
    "required, but of a destroyed key", 'source = "env:FIELD_KEY_2026"', may_show=False,
)  # fmt: skip
PURPOSES = Key(
    "purposes", some_of([each.value for each in Purpose]), "what it is for; one key may be active for a purpose",
    "both", 'purposes = ["data"]',
)  # fmt: skip
STATE = Key(
    "state", member(KeyState),
    "only an `active` key seals; `retired` and `compromised` ones still open, a `destroyed` one is known by its id",
    "active", 'state = "active"',
)  # fmt: skip
ID = Key("id", _key_id(), "id of the key, which another key is refused for", "any", 'id = "0c4f7c54"')
TENANT = Key(
    "tenant", text(), "the tenant whose rows it seals, instead of the key of all", "all tenants", 'tenant = "7"'
)
CREATED = Key("created", day(), "when it was made", "not known", "created = 2026-01-05")
ACTIVATED = Key("activated", day(), "since when it seals; its age is counted from here", "`created`",
                "activated = 2026-02-01")  # fmt: skip
RETIRED = Key("retired", day(), "when it stopped to seal", "not known", "retired = 2027-02-01")
ENVIRONMENTS = Key(
    "environments", words("list of names"), "environments it is used in", "all of them", 'environments = ["staging"]'
)
KEY = Table(
    "key",
    "A root key of encrypted columns, one table each. Without any, `ENCRYPTION_KEY` is the one key for all.",
    (NAME, SOURCE, PURPOSES, STATE, ID, TENANT, CREATED, ACTIVATED, RETIRED, ENVIRONMENTS),
    is_array=True,
)


def read_keys(source: Source, environments: Collection[str]) -> tuple[KeyEntry, ...]:
    """Return all keys in order; raises ConfigError for the first that is malformed."""
    written = source.document.tables.get("key", [])
    if not isinstance(written, list):
        raise source.document.error(("key",), "[key] is a single table; write [[key]], once for each")
    entries: list[KeyEntry] = []
    for number in range(len(written)):
        section = source.section(KEY, "key", number)
        entry = _read_key(section, environments)
        if entry.name in {each.name for each in entries}:
            raise section.error("name", f"[[key]] {entry.name!r} is written twice (give each its own name)")
        entries.append(entry)
    return tuple(entries)


def _optional(section: Section, key: Key[T]) -> T | None:
    return section.require(key) if section.has(key) else None


def _read_key(section: Section, environments: Collection[str]) -> KeyEntry:
    purposes = section.read(PURPOSES, tuple(each.value for each in Purpose))
    entry = KeyEntry(
        name=section.require(NAME),
        purposes=tuple(Purpose(each) for each in purposes),
        state=section.read(STATE, KeyState.ACTIVE),
        source=_optional(section, SOURCE),
        id=section.read(ID, ""),
        tenant=section.read(TENANT, ""),
        created=_optional(section, CREATED),
        activated=_optional(section, ACTIVATED),
        retired=_optional(section, RETIRED),
        environments=section.read(ENVIRONMENTS, ()),
    )
    if not purposes:
        raise section.error("purposes", f"[[key]] {entry.name!r} has no purpose (leave it out for both)")
    if entry.source is None and entry.state is not KeyState.DESTROYED:
        raise section.error("", f"[[key]] lacks 'source' (add: {SOURCE.example})")
    if entry.state is KeyState.DESTROYED and (entry.source is not None or not entry.id):
        raise section.error("state", f"[[key]] {entry.name!r} is destroyed; it has an id, and no source any more")
    for name in entry.environments:
        if name not in environments:
            hint = nearest_hint(name, environments)
            raise section.error("environments", f"[[key]] environment {name!r} is not configured{hint}")
    return entry
