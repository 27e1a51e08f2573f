"""The keyring of an environment, as `[[key]]` or ENCRYPTION_KEY give it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from pytest_dbops.config.encryption import KEY_BYTES, parse_key, read_encryption_key
from pytest_dbops.config.keys import KeyEntry
from pytest_dbops.config.lookup import look_up
from pytest_dbops.config.model import Config
from pytest_dbops.config.secrets import KEY_VARIABLE
from pytest_dbops.core.encryption import KeyRecord, KeyRecords, KeyState, Purpose
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import ConfigError, DbopsError, NoProvider
from pytest_dbops.crypto.keyring import Keyring, RootKey, root_key

_NEEDED = f"a key, as hex: and {KEY_BYTES * 2} digits or base64:,"
SIMPLE_NAME = KEY_VARIABLE
"""How the one key of a project without `[[key]]` is called."""


def project_keyring(config: Config, environment: Environment) -> Keyring:
    """Return the keys that are used in an environment; follows their references, and teaches them to the mask.

    Raises NoProvider where there are none, ConfigError for a key that is not set, unfit, or contradicts another.
    """
    entries = entries_of(config, environment)
    if not entries and not config.variables.get(KEY_VARIABLE):
        raise NoProvider(
            f"environment {environment.name!r} has no keys (add [[key]] to {config.file.name}, or set {KEY_VARIABLE})"
        )
    keys = [key for entry in entries for key in _read(config, entry)] if entries else _simple(config, environment)
    return Keyring(keys)


def entries_of(config: Config, environment: Environment) -> tuple[KeyEntry, ...]:
    """Return the keys of the file that count in an environment."""
    return tuple(each for each in config.keys if not each.environments or environment.name in each.environments)


def known_keys(config: Config, environment: Environment) -> KeyRecords:
    """Return what the configuration tells of the keys of an environment; follows no reference."""
    told = [
        KeyRecord(each.id, each.name, purpose, each.state, each.tenant, each.created, each.activated, each.retired)
        for each in entries_of(config, environment)
        for purpose in each.purposes
    ]
    if not told and config.variables.get(KEY_VARIABLE):
        told = [KeyRecord("", SIMPLE_NAME, each, KeyState.ACTIVE) for each in Purpose]
    return KeyRecords(tuple(told))


def told_keys(config: Config, environment: Environment) -> tuple[tuple[KeyRecord, ...], str]:
    """Return what can be told of the keys, and in one line why some could not be read; empty when all could."""
    try:
        return tuple(project_keyring(config, environment).records), ""
    except DbopsError as err:
        return known_keys(config, environment).records, str(err)


def key_use_statements(role: str) -> tuple[str, ...]:
    """Return the statements that make the table of key use on PostgreSQL, and let a role count in it."""
    from pytest_dbops.crypto.ledgers import KEY_USE_STATEMENTS

    named = role if role == "PUBLIC" else '"' + role.replace('"', '""') + '"'
    grants = (f"GRANT USAGE ON SCHEMA dbops TO {named}", f"GRANT SELECT, INSERT, UPDATE ON dbops.key_use TO {named}")
    return (*KEY_USE_STATEMENTS, *grants)


def load_keyring(
    environment: str | None = None, *, config_file: Path | None = None, variables: Mapping[str, str] | None = None
) -> Keyring:
    """Return the keyring of an environment of the project in the current folder or above, for `use_keyring`.

    environment: the one that DBOPS_ENV names, else `development`. variables: those of the process.
    """
    import os

    from pytest_dbops.config.document import NoProject
    from pytest_dbops.config.load import default_config, find_config, load_config
    from pytest_dbops.config.resolve import find_environment

    process = MappingProxyType(dict(os.environ)) if variables is None else variables
    try:
        config = load_config(config_file or find_config(Path.cwd()), variables=process)
    except NoProject:
        config = default_config(Path.cwd(), variables=process)
    return project_keyring(config, find_environment(config, environment))


def _simple(config: Config, environment: Environment) -> Iterator[RootKey]:
    key = read_encryption_key(config, environment).to_bytes()
    return (root_key(key, KeyRecord("", SIMPLE_NAME, each, KeyState.ACTIVE)) for each in Purpose)


def _read(config: Config, entry: KeyEntry) -> Iterator[RootKey]:
    """Yield an entry as a key for each of its purposes."""
    records = [
        KeyRecord(
            entry.id, entry.name, each, entry.state, entry.tenant, entry.created, entry.activated, entry.retired
        )
        for each in entry.purposes
    ]  # fmt: skip
    if entry.source is None:
        return (RootKey(record) for record in records)
    subject = f"key {entry.name!r}"
    text = look_up(
        entry.source, variables=config.variables, root=config.root, subject=subject, key="source", needed=_NEEDED
    )  # fmt: skip
    try:
        root = parse_key(text)
    except ValueError as err:
        raise ConfigError(f'{subject}: what (source = "{entry.source.written}") leads to {err}') from None
    config.mask.add_bytes(root)
    return (root_key(root, record) for record in records)
