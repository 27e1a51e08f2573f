"""The key a rotation goes to, by reference: it has to be in the keyring of whoever reads, before it seals anything."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pytest_dbops.config.encryption import parse_key
from pytest_dbops.config.lookup import look_up
from pytest_dbops.config.model import Config
from pytest_dbops.config.references import Form, Reference, parse_reference
from pytest_dbops.core.encryption import KeyRecord, KeyState, Purpose
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import ConfigError, UsageError
from pytest_dbops.crypto.derive import key_id_of
from pytest_dbops.crypto.keyring import IndexRole, Keyring

_FORMS = (Form.ENV, Form.FILE, Form.CMD)
_USABLE = (KeyState.ACTIVE, KeyState.PRE_ACTIVE)


def read_new_key(
    config: Config, environment: Environment, keyring: Keyring, written: str, *, org: str, purpose: Purpose | None
) -> KeyRecord:  # fmt: skip
    """Return the key of the keyring that a reference leads to, or that goes by that name.

    purpose: what is rotated; None for data if the key is for that, else for blind indexes. Raises UsageError for a key
    that is given as it is, is not in the keyring, seals no more, is another tenant's, or is for something else.
    """
    found = _named(keyring, written) or _referred(config, environment, keyring, written)
    record = next((each for each in found if purpose in (None, each.purpose)), None)
    if record is None:
        raise UsageError(f"key {found[0].id} ({found[0].name!r}) is for {found[0].purpose} alone, not for {purpose}")
    if record.state not in _USABLE:
        raise UsageError(
            f"key {record.id} ({record.name!r}) is {record.state.value}; a rotation goes to one that is active or"
            " pre-active"
        )
    if org and record.tenant not in ("", org):
        raise UsageError(f"key {record.id} ({record.name!r}) seals for tenant {record.tenant!r}, not {org!r}")
    if record.purpose is Purpose.INDEX:
        coming = keyring.index_key(org or record.tenant, IndexRole.FOLLOWER).record
        if coming.id != record.id:
            raise UsageError(f"key {record.id} ({record.name!r}) is not the one that indexes go to: {coming.id} is")
    return record


def key_reference(written: str, option: str, *, names: Collection[str] = ()) -> Reference:
    """Return a parsed reference to a key; raises UsageError without what was written: it may be a key.

    names: those of known keys, where the option takes a name as well.
    """
    if written.partition(":")[0] not in _FORMS:
        known = f"the name of a key ({', '.join(names)}), " if names else ""
        raise UsageError(
            f"{option} takes {known}env:NAME, file:PATH or cmd:COMMAND; a key itself is no argument, since every"
            " process can read those"
        )
    try:
        return parse_reference(written)
    except ValueError as err:
        raise UsageError(f"{option} {err}") from None


def read_key_id(config: Config, reference: Reference, option: str) -> str:
    """Return the id of the key that a reference leads to, and mask the key; raises ConfigError for an unfit one."""
    text = look_up(
        reference, variables=config.variables, root=config.root, subject=option, key="reference",
        needed="a key, as hex: or base64:,",
    )  # fmt: skip
    try:
        root = parse_key(text)
    except ValueError as err:
        raise ConfigError(f"{option}: what {reference.written} leads to {err}") from None
    config.mask.add_bytes(root)
    return key_id_of(root).hex()


def _named(keyring: Keyring, name: str) -> list[KeyRecord]:
    return _data_first(each for each in keyring.records if each.name == name)


def _data_first(records: Iterable[KeyRecord]) -> list[KeyRecord]:
    return sorted(records, key=lambda each: each.purpose is not Purpose.DATA)


def _referred(config: Config, environment: Environment, keyring: Keyring, written: str) -> list[KeyRecord]:
    names = dict.fromkeys(each.name for each in keyring.records)
    reference = key_reference(written, "--new-key", names=names)
    found = read_key_id(config, reference, "--new-key")
    records = _data_first(each for each in keyring.records if each.id == found)
    if not records:
        raise UsageError(
            f"key {found} ({reference.written}) is not in the keyring of {environment.name!r}, so that programs could"
            f" not read what it seals (run: dbops compliance keys add NAME --source {reference.written}; roll it out;"
            " rotate then)"
        )
    return records
