"""Let keys enter, retire and be destroyed in the configuration; no key itself is ever written or deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import count
from pathlib import Path

from pytest_dbops.config.document import PYPROJECT, read_text
from pytest_dbops.config.key_edits import NotEditable, Written, render_key, with_changes, with_keys
from pytest_dbops.config.keys import KeyEntry
from pytest_dbops.config.model import Config
from pytest_dbops.config.nearest import nearest_hint
from pytest_dbops.config.secrets import KEY_VARIABLE
from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.encryption import KeyState, Purpose
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import Blocked, CannotJudge, ConfigError, UsageError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.encryption import statements
from pytest_dbops.operations.encryption.columns import read_columns
from pytest_dbops.operations.encryption.keyring import SIMPLE_NAME, entries_of, project_keyring
from pytest_dbops.operations.encryption.new_key import key_reference, read_key_id
from pytest_dbops.operations.environments import open_environment


@frozen
class KeyEdit:
    """An edit of the configuration: what is told of it, and the whole new text; nothing is written yet.

    text: empty where the file cannot be edited so that all else surely stays; then `told` is to be done by hand.
    """

    file: Path
    told: tuple[str, ...]
    text: str


def add_key(
    config: Config, environment: Environment, name: str, source: str, *,
    purposes: Sequence[Purpose] = (Purpose.DATA,), tenant: str = "", today: date,
) -> KeyEdit:  # fmt: skip
    """Return the edit that adds a key: pre-active beside an active one of its purpose and tenant, else active.

    Raises UsageError for a name or key that is known already, and a key that is given as it is.
    """
    reference = key_reference(source, "--source")
    if name in {each.name for each in config.keys}:
        raise UsageError(f"a key {name!r} is there already (give the new one its own name)")
    known, entries = read_key_id(config, reference, "--source"), entries_of(config, environment)
    has_one = bool(entries or config.variables.get(KEY_VARIABLE))
    for record in project_keyring(config, environment).records if has_one else ():
        if record.id == known:
            raise UsageError(f"{source} leads to key {known}, which is {record.name!r} already; nothing was changed")
    added: list[Mapping[str, Written]] = []
    if not config.keys and config.variables.get(KEY_VARIABLE):
        # With a first [[key]] the variable is no key by itself any more.
        added.append({"name": SIMPLE_NAME, "source": f"env:{KEY_VARIABLE}"})
    has_rival = has_one and (not entries or any(_is_rival(each, purposes, tenant) for each in entries))
    state = KeyState.PRE_ACTIVE if has_rival else KeyState.ACTIVE
    values: dict[str, Written] = {
        "name": name, "source": source, "id": known, "purposes": [each.value for each in purposes],
        "state": state.value, "created": today,
    }  # fmt: skip
    if tenant:
        values["tenant"] = tenant
    added.append(values)
    told = tuple(line for each in added for line in render_key(each, _prefix(config)).splitlines())
    return _edited(config, told, lambda text: with_keys(text, _prefix(config), added))


def retire_key(config: Config, environment: Environment, name: str, *, today: date, progress: Progress) -> KeyEdit:
    """Return the edit that retires an active key, and makes its only pre-active successor the active one.

    Of a key of both purposes only that goes which a successor is for; the other stays, as a [[key]] of its own.
    Raises UsageError where there is no such successor. A key of blind indexes goes only when all rows of the
    environment have their index under the successor, since that is what programs ask for then: Blocked otherwise.
    """
    entry = _entry(config, name)
    if entry.state is not KeyState.ACTIVE:
        raise UsageError(f"key {name!r} is {entry.state.value}; an active one is retired")
    heirs = _heirs(config, entry)
    told: tuple[str, ...] = ()
    if (index_heir := heirs.get(Purpose.INDEX)) is not None and not environment.is_embedded:
        told = _refuse_unindexed(config, environment, entry, index_heir, progress)
    changes: dict[str, dict[str, Written | None]] = {name: {"state": KeyState.RETIRED.value, "retired": today}}
    changes |= {
        each.name: {"state": KeyState.ACTIVE.value, "activated": today} for each in heirs.values()
    }  # fmt: skip
    kept = [each for each in entry.purposes if each not in heirs]
    if kept:
        changes[name]["purposes"] = [each.value for each in entry.purposes if each in heirs]
    edit = _change(config, changes, [_of_purposes(config, entry, kept)] if kept else [])
    return KeyEdit(edit.file, (*edit.told, *told), edit.text)


def _heirs(config: Config, entry: KeyEntry) -> dict[Purpose, KeyEntry]:
    """Return the one pre-active key that follows in each purpose of an active one, where there is one."""
    found: dict[Purpose, KeyEntry] = {}
    for purpose in entry.purposes:
        heirs = [
            each for each in config.keys
            if each.state is KeyState.PRE_ACTIVE and each.tenant == entry.tenant
            and purpose in each.purposes and each.environments == entry.environments
        ]  # fmt: skip
        if len(heirs) > 1:
            names = ", ".join(repr(each.name) for each in heirs)
            raise UsageError(
                f"key {entry.name!r} is followed by one pre-active key for {purpose.value}; there are {names}"
                ' (give all but one purposes, or state = "retired")'
            )
        if heirs:
            found[purpose] = heirs[0]
    if not found:
        option = "" if Purpose.DATA in entry.purposes else " --purpose blind-index"
        raise UsageError(
            f"key {entry.name!r} needs a pre-active key of its tenant and environments to follow it; there is none"
            f" (run: dbops compliance keys add NAME --source REF{option})"
        )
    return found


def _of_purposes(config: Config, entry: KeyEntry, purposes: Sequence[Purpose]) -> Mapping[str, Written]:
    """Return a key as it stands, for these purposes alone and under a name that is free."""
    wanted = "-".join([entry.name, *(each.value for each in purposes)])
    taken = {each.name for each in config.keys}
    name = next(each for number in count(1) if (each := wanted if number == 1 else f"{wanted}-{number}") not in taken)
    assert entry.source is not None  # a key that is active has one
    written: dict[str, Written | None] = {
        "name": name, "source": entry.source.written, "id": entry.id or None,
        "purposes": [each.value for each in purposes], "state": entry.state.value, "tenant": entry.tenant or None,
        "created": entry.created, "activated": entry.activated, "environments": entry.environments or None,
    }  # fmt: skip
    return {key: value for key, value in written.items() if value is not None}


def destroy_key(config: Config, environment: Environment, name: str, *, progress: Progress) -> KeyEdit:
    """Return the edit that says of a key that it is destroyed, once no field of the environment is on it.

    Raises Blocked where fields are, CannotJudge where that is not known, UsageError for a key that is still in use.
    """
    entry = _entry(config, name)
    if entry.state is KeyState.DESTROYED:
        raise UsageError(f"key {name!r} is destroyed already")
    if entry.state not in (KeyState.RETIRED, KeyState.COMPROMISED):
        way_out = f"(run: dbops compliance keys retire {name})"
        raise UsageError(f"key {name!r} is {entry.state.value}; retire it before {way_out}")
    others = _others(config, entry, environment)
    if entry.environments and environment.name not in entry.environments:
        raise UsageError(f"key {name!r} is not used in {environment.name!r}")
    records = project_keyring(config, environment).records
    known = next(each.id for each in records if each.name == name)
    for same in (each for each in records if each.id == known and each.name != name):
        if same.state is not KeyState.DESTROYED:
            raise UsageError(
                f"key {name!r} is the same key as {same.name!r}, which is {same.state.value} (destroy that one before)"
            )
    for column, number in _used(config, environment, known, entry.purposes, progress):
        raise Blocked(f"{number} fields of {column} are on key {known} ({name!r}); move them before it is destroyed")
    edit = _change(config, {name: {"state": KeyState.DESTROYED.value, "source": None, "id": known}})
    more = (f"looked for its fields in {environment.name!r} alone; not in {', '.join(others)}",) if others else ()
    return KeyEdit(edit.file, (*edit.told, *more), edit.text)


def write_edit(edit: KeyEdit) -> None:
    """Write an edited configuration, whole or not at all."""
    try:
        write_durably(edit.file, edit.text.encode())
    except OSError as err:
        raise ConfigError(f"{edit.file.name} cannot be written: {err.strerror}") from None


def _used(
    config: Config, environment: Environment, key_id: str, purposes: Sequence[Purpose], progress: Progress
) -> list[tuple[str, int]]:
    """Return the columns that have fields or blind indexes, as the purposes are, on a key."""
    known = read_columns(config)
    if known.problem:
        raise CannotJudge(known.problem)
    found = list[tuple[str, int]]()
    with open_environment(config, environment.name, progress=progress) as (_, _, session):
        for column in known.columns:
            for sql, what in statements.count_on_key(column, session.dialect, key_id, purposes):
                number = int(session.scalar(sql))
                found += [(what, number)] if number else []
        session.verify()
    return found


def _refuse_unindexed(
    config: Config, environment: Environment, entry: KeyEntry, heir: KeyEntry, progress: Progress
) -> tuple[str, ...]:
    """Raise Blocked for a blind index that programs would not find under the heir; returns what was not looked at."""
    known = read_columns(config)
    if known.problem:
        raise CannotJudge(known.problem)
    indexed = [each for each in known.columns if each.index is not None]
    if not indexed:
        return ()
    records = [each for each in project_keyring(config, environment).records if each.purpose is Purpose.INDEX]
    fine = [each.id for each in records if each.name == heir.name or (each.tenant and each.tenant != entry.tenant)]
    with open_environment(config, environment.name, progress=progress) as (_, _, session):
        for column in indexed:
            assert column.index is not None
            asked = column.follower or column.index
            condition, params = statements.of_tenant(asked, entry.tenant)
            waits = statements.not_indexed(column, asked, session.dialect, *fine)
            if number := int(session.scalar(statements.count_rows_where(column, waits, condition), params)):
                raise Blocked(
                    f"{number} rows of {column.name} have no blind index under {heir.name!r} in {asked.name}, so that"
                    f" programs would not find them (run: dbops compliance rotate-key --new-key {heir.name} --purpose"
                    " blind-index)"
                )
        session.verify()
    others = _others(config, entry, environment)
    return (f"looked for blind indexes in {environment.name!r} alone; not in {', '.join(others)}",) if others else ()


def _others(config: Config, entry: KeyEntry, environment: Environment) -> list[str]:
    return [each for each in entry.environments or tuple(config.environments) if each != environment.name]


def _entry(config: Config, name: str) -> KeyEntry:
    found = next((each for each in config.keys if each.name == name), None)
    if found is None:
        names = [each.name for each in config.keys]
        listed = f" (it has {', '.join(names)})" if names else " (it has none: dbops compliance keys add writes one)"
        hint = nearest_hint(name, names) or listed
        raise UsageError(f"there is no [[key]] {name!r} in {config.file.name}{hint}")
    return found


def _is_rival(entry: KeyEntry, purposes: Sequence[Purpose], tenant: str) -> bool:
    return entry.state is KeyState.ACTIVE and entry.tenant == tenant and bool(set(entry.purposes) & set(purposes))


def _prefix(config: Config) -> tuple[str, ...]:
    return ("tool", "dbops") if config.file.name == PYPROJECT else ()


def _change(
    config: Config, changes: Mapping[str, Mapping[str, Written | None]], added: Sequence[Mapping[str, Written]] = ()
) -> KeyEdit:
    told = tuple(
        f"[[key]] {name!r}: {key} {f'= {value}' if value is not None else 'is taken out'}"
        for name, values in changes.items() for key, value in values.items()
    )  # fmt: skip
    told += tuple(line for each in added for line in render_key(each, _prefix(config)).splitlines())

    def edit(text: str) -> str:
        changed = with_changes(text, _prefix(config), changes)
        return with_keys(changed, _prefix(config), added) if added else changed

    return _edited(config, told, edit)


def _edited(config: Config, told: tuple[str, ...], edit: object) -> KeyEdit:
    assert callable(edit)
    try:
        text = edit(read_text(config.file))
    except NotEditable:
        text = ""
    return KeyEdit(config.file, told, text)
