"""The root keys of one environment, and the ciphers made of them; nothing of a key leaves it but its id."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pytest_dbops.core.encryption import KeyRecord, KeyState, Purpose
from pytest_dbops.core.errors import ConfigError, FieldError
from pytest_dbops.core.secret import Secret
from pytest_dbops.crypto.counting import Counts, Ledger
from pytest_dbops.crypto.derive import ROOT_BYTES, data_key, index_key, key_id_of

Place = tuple[str, str]


class IndexRole(StrEnum):
    """What a blind index column is to a change of its key: alone, or one of two that are both written meanwhile."""

    ALONE = "alone"
    FOLLOWED = "followed"
    FOLLOWER = "follower"


_MOST_CIPHERS = 65_536


@dataclass(frozen=True, slots=True)
class RootKey:
    """A root key; `root` is its hexadecimal text, None for one that is destroyed and known by its id alone."""

    record: KeyRecord
    root: Secret | None = field(repr=False, default=None)

    @property
    def raw_id(self) -> bytes:
        """The id as envelopes hold it."""
        return bytes.fromhex(self.record.id)

    def to_bytes(self) -> bytes:
        """Return the key itself; hand it to a derivation only."""
        if self.root is None:
            raise FieldError(f"key {self.record.id} is destroyed; what it sealed cannot be opened")
        return bytes.fromhex(self.root.reveal())


def root_key(root: bytes, record: KeyRecord) -> RootKey:
    """Return a key under its own id; raises ConfigError for one of another length or id than the record says."""
    if len(root) != ROOT_BYTES:
        raise ConfigError(f"key {record.name!r} has {len(root)} bytes; {ROOT_BYTES} are needed")
    found = key_id_of(root).hex()
    if record.id and record.id != found:
        raise ConfigError(f"key {record.name!r} is the one with id {found}, not {record.id} (mend source or id)")
    named = KeyRecord(
        found, record.name or found, record.purpose, record.state, record.tenant,
        record.created, record.activated, record.retired,
    )  # fmt: skip
    return RootKey(named, Secret(root.hex()))


class Keyring:
    """All keys of an environment. Ciphers are made once a key, tenant and column; safe to share between threads."""

    def __init__(self, keys: Iterable[RootKey], *, ledger: Ledger | None = None) -> None:
        """Raises ConfigError for two keys of one id, or two active ones for one purpose and tenant."""
        self._keys = tuple(keys)
        _refuse_contradictions(self._keys)
        self._by_id = {(key.record.purpose, key.raw_id): key for key in self._keys}
        self._active = {
            (key.record.purpose, key.record.tenant): key for key in self._keys if key.record.state is KeyState.ACTIVE
        }
        self._ciphers: dict[tuple[bytes, Place, str], AESGCM] = {}
        self._digests: dict[tuple[bytes, Place], hmac.HMAC] = {}
        self.counts = Counts(ledger)

    def __repr__(self) -> str:
        return f"Keyring({', '.join(f'{each.id} {each.purpose} {each.state}' for each in self.records)})"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a Keyring is not pickled")

    @property
    def keys(self) -> Sequence[RootKey]:
        """The root keys, for a process of ours that is handed them through a pipe."""
        return self._keys

    @property
    def records(self) -> Sequence[KeyRecord]:
        """What may be told of the keys, active ones first."""
        return sorted((key.record for key in self._keys), key=lambda each: each.state is not KeyState.ACTIVE)

    def key_ids(self) -> Sequence[str]:
        """Return the ids of all keys, active ones first."""
        return [each.id for each in self.records]

    def record(self, purpose: Purpose, key_id: bytes) -> KeyRecord | None:
        """Return what is known of a key by its id, None for a stranger."""
        key = self._by_id.get((purpose, key_id))
        return key.record if key else None

    def active(self, purpose: Purpose, tenant: str) -> RootKey:
        """Return the key that seals for a tenant: its own, else the one of all; raises FieldError without any."""
        key = self._active.get((purpose, tenant)) or self._active.get((purpose, ""))
        if key is None:
            whom = f" of tenant {tenant}" if tenant else ""
            raise FieldError(f"the keyring has no active key for {purpose}{whom} (see: dbops compliance keys list)")
        return key

    def index_key(self, tenant: str, role: IndexRole) -> RootKey:
        """Return the key by which a tenant's indexes are made in a column of some role; raises as `active` does.

        A follower has the key that comes: the pre-active one, or the active one when none is waiting any more. The
        column that it follows stays on the key that goes.
        """
        active = self.active(Purpose.INDEX, tenant)
        if role is IndexRole.ALONE:
            return active
        coming = self._only(Purpose.INDEX, active.record.tenant, KeyState.PRE_ACTIVE)
        if role is IndexRole.FOLLOWER:
            return coming or active
        return active if coming else self._last_retired(active)

    @property
    def is_index_key_waiting(self) -> bool:
        """Whether a key of blind indexes is pre-active: columns that follow others are filled, and not asked yet."""
        states = ((key.record.purpose, key.record.state) for key in self._keys)
        return (Purpose.INDEX, KeyState.PRE_ACTIVE) in states

    def sealing_by(self, key_id: bytes) -> Keyring:
        """Return the same keys with one of data as the active one of its tenant; counts are shared with this keyring.

        Raises LookupError for a key that it does not have.
        """
        chosen = self._by_id[Purpose.DATA, key_id].record
        made = Keyring(_restated(each, chosen) for each in self._keys)
        made.counts = self.counts
        return made

    def _only(self, purpose: Purpose, tenant: str, state: KeyState) -> RootKey | None:
        found = [key for key in self._keys if (key.record.purpose, key.record.tenant, key.record.state)
                 == (purpose, tenant, state)]  # fmt: skip
        if len(found) > 1:
            names = " and ".join(repr(key.record.name) for key in found)
            raise FieldError(f"keys {names} are both {state} for {purpose}; one may be (take one of them out)")
        return found[0] if found else None

    def _last_retired(self, active: RootKey) -> RootKey:
        """Return the key that went last before the active one; that one itself where there is none."""
        told = (active.record.purpose, active.record.tenant, KeyState.RETIRED)
        gone = [
            key for key in self._keys
            if key.root is not None and (key.record.purpose, key.record.tenant, key.record.state) == told
        ]  # fmt: skip
        return max(gone, key=lambda key: key.record.retired or date.min, default=active)

    def openers(self) -> Sequence[bytes]:
        """Return the ids of all keys that can open a field."""
        return [key.raw_id for key in self._keys if key.record.purpose is Purpose.DATA and key.root is not None]

    def cipher(self, key_id: bytes, place: Place, tenant: str) -> AESGCM | None:
        """Return the cipher of a column under a key, of one tenant in the row profile; None without the key."""
        found = self._ciphers.get((key_id, place, tenant))
        return found or self._made_cipher(key_id, place, tenant)

    def digest(self, key_id: bytes, place: Place) -> hmac.HMAC | None:
        """Return a keyed hash to be copied and fed, for the index of a column; None where there is no such key."""
        found = self._digests.get((key_id, place))
        return found or self._made_digest(key_id, place)

    def _made_cipher(self, key_id: bytes, place: Place, tenant: str) -> AESGCM | None:
        key = self._by_id.get((Purpose.DATA, key_id))
        if key is None or key.root is None:
            return None
        if len(self._ciphers) >= _MOST_CIPHERS:
            self._ciphers.clear()
        made = self._ciphers[key_id, place, tenant] = AESGCM(data_key(key.to_bytes(), place, tenant))
        return made

    def _made_digest(self, key_id: bytes, place: Place) -> hmac.HMAC | None:
        key = self._by_id.get((Purpose.INDEX, key_id))
        if key is None or key.root is None:
            return None
        made = self._digests[key_id, place] = hmac.new(index_key(key.to_bytes(), place), digestmod="sha256")
        return made


def _restated(key: RootKey, chosen: KeyRecord) -> RootKey:
    """Return a key in the state it has while another of its purpose and tenant seals."""
    record = key.record
    if record.id == chosen.id and record.purpose is chosen.purpose:
        return replace(key, record=replace(record, state=KeyState.ACTIVE))
    is_rival = (record.purpose, record.tenant, record.state) == (chosen.purpose, chosen.tenant, KeyState.ACTIVE)
    return replace(key, record=replace(record, state=KeyState.RETIRED)) if is_rival else key


def _refuse_contradictions(keys: Sequence[RootKey]) -> None:
    active: dict[tuple[Purpose, str], KeyRecord] = {}
    known: dict[tuple[Purpose, str], KeyRecord] = {}
    for record in (key.record for key in keys):
        if (other := known.setdefault((record.purpose, record.id), record)) is not record:
            raise ConfigError(f"keys {other.name!r} and {record.name!r} are one key, {record.id} (remove one of them)")
        if record.state is not KeyState.ACTIVE:
            continue
        if (other := active.setdefault((record.purpose, record.tenant), record)) is not record:
            whom = f" of tenant {record.tenant}" if record.tenant else ""
            raise ConfigError(
                f"keys {other.name!r} and {record.name!r} are both active for {record.purpose}{whom}; one may be"
                " (retire the older)"
            )
