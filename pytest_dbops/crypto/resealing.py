"""Seal stored fields anew, a batch at a time: under another key, or because they are plaintext; nothing is written."""

from __future__ import annotations

import json
import os
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from pytest_dbops.core.encryption import Content, EncryptedColumn, FieldVerdict, KeyState, Offender, Purpose
from pytest_dbops.core.evidence import key_text
from pytest_dbops.core.rewriting import Change
from pytest_dbops.crypto.blind_index import blind_index
from pytest_dbops.crypto.fields import (
    NO_INDEX,
    Field,
    FieldReader,
    index_fits,
    opened_at_home,
    read_order,
    role_of_index,
)
from pytest_dbops.crypto.judging import Judged, judge
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.crypto.layout import BOUND_BYTES, HEAD_BYTES, KEY_ID_BYTES, NONCE_BYTES
from pytest_dbops.crypto.openers import DOUBTS, MOST_READY, Crypt, Openers, bindings
from pytest_dbops.crypto.seal import seal, use_name

MOST_SHOWN = 5
_KEY = slice(2, 2 + KEY_ID_BYTES)
_HEADER, _NONCE, _SEALED = slice(BOUND_BYTES), slice(BOUND_BYTES, HEAD_BYTES), slice(HEAD_BYTES, None)
_TO_SEAL_ANEW = (KeyState.RETIRED, KeyState.COMPROMISED)


@dataclass(slots=True)
class Resealed:
    """What became of the fields of a batch.

    changes: rows to be written. left: fields that stay as they are, by what they are; offenders: the first of each.
    """

    changes: list[Change] = field(default_factory=list)
    left: Counter[FieldVerdict] = field(default_factory=Counter)
    offenders: list[Offender] = field(default_factory=list)


class Rotator:
    """Moves the envelopes of one column to the key that is active for their tenant.

    Rows are (value, [tenant, row id], primary key...), as `read_order` tells of the column without its index.
    """

    def __init__(self, keyring: Keyring, column: EncryptedColumn, columns: Sequence[EncryptedColumn]) -> None:
        self.column = replace(column, index=None)
        self._keyring, self._columns = keyring, columns
        self._reader = FieldReader(keyring, self.column)
        self._key_at = len(read_order(self.column)) - len(column.primary_key)
        self._sealers = _Sealers(keyring, self.column)

    def reseal(self, rows: Sequence[Sequence[Any]]) -> Resealed:
        """Return the rows of a batch with their new envelopes; raises FieldError where a key may seal no more."""
        result, sealers, at = Resealed(), self._sealers, self._key_at
        change, at_header, at_nonce, at_sealed = result.changes.append, _HEADER, _NONCE, _SEALED
        nonces = struct.iter_unpack(f"{NONCE_BYTES}s", os.urandom(NONCE_BYTES * len(rows)))
        for row, tenant, row_id, (nonce,) in zip(rows, *bindings(self.column, rows), nonces, strict=False):
            value = row[0]
            try:
                sealer = sealers[tenant, value[at_header]]
                if sealer.is_home:
                    continue
                if sealer.size_bytes != len(value):
                    raise ValueError  # what is wrong is found out apart
                plaintext = sealer.decrypt(value[at_nonce], value[at_sealed], sealer.old_bound + row_id)
            except DOUBTS:
                self._leave(result, row)
                continue
            sealer.sealed += 1
            new = sealer.header + nonce + sealer.encrypt(nonce, plaintext, sealer.new_bound + row_id)
            change((*row[at:], value, new))
        sealers.spend()
        return result

    def _leave(self, result: Resealed, row: Sequence[Any]) -> None:
        found = self._reader.field(row)
        leave(result, self.column, found, judge(self._keyring, self.column, self._columns, found))


@dataclass(slots=True)
class _Sealer:
    """What moves the envelopes of one tenant and header to the active key; is_home: they are on it already.

    size_bytes: of such an envelope. old_bound, new_bound: additional data before the row, with the header that was and
    the one that comes, which is `header`. use: by which name sealed fields are counted; sealed: how many were not yet.
    """

    is_home: bool
    size_bytes: int
    old_bound: bytes
    decrypt: Crypt
    header: bytes
    new_bound: bytes
    encrypt: Crypt
    use: str
    sealed: int = 0


class _Sealers(dict[tuple[Any, bytes], _Sealer]):
    """The sealers of a column by tenant and header; raises what `Openers` does."""

    def __init__(self, keyring: Keyring, column: EncryptedColumn) -> None:
        super().__init__()
        self._keyring, self._place = keyring, column.place
        self._openers = Openers(keyring, column)

    def __missing__(self, tenant_and_header: tuple[Any, bytes]) -> _Sealer:
        if len(self) >= MOST_READY:
            self.spend()
            self.clear()
        opener, old = self._openers[tenant_and_header], tenant_and_header[1]
        target = self._keyring.active(Purpose.DATA, opener.tenant).raw_id
        cipher = self._keyring.cipher(target, self._place, opener.tenant)
        if cipher is None:
            raise LookupError(target)
        header = old[: _KEY.start] + target + old[_KEY.stop :]
        self[tenant_and_header] = made = _Sealer(
            opener.key_id == target, opener.size_bytes, opener.bound, opener.decrypt, header, header + opener.behind,
            cipher.encrypt, use_name(target, self._place, opener.tenant),
        )  # fmt: skip
        return made

    def spend(self) -> None:
        """Count what was sealed by the name of its data key; raises FieldError where one may seal no more."""
        used = Counter[str]()
        for each in self.values():
            used[each.use] += each.sealed
            each.sealed = 0
        for use, count in used.items():
            self._keyring.counts.spend(use, count)


class Mender:
    """Mends what can be mended without a guess: plaintext is sealed, retired keys are left, indexes made again.

    Rows are as `read_order` tells of the column. is_from_plaintext: an empty value is one, and not a cut envelope.
    """

    def __init__(
        self, keyring: Keyring, column: EncryptedColumn, columns: Sequence[EncryptedColumn], *,
        is_from_plaintext: bool = False,
    ) -> None:  # fmt: skip
        self.column = column
        self._keyring, self._columns = keyring, columns
        self._reader = FieldReader(keyring, column)
        self._is_from_plaintext = is_from_plaintext

    def reseal(self, rows: Sequence[Sequence[Any]]) -> Resealed:
        """Return the rows of a batch that can be mended; raises FieldError where no key may seal."""
        result = Resealed()
        for row in rows:
            found = self._reader.field(row)
            if found.value is None:
                self._mend_null(result, found)
                continue
            home = opened_at_home(self._keyring, self.column, found)
            if home is not None:
                self._mend_sealed(result, found, *home)
                continue
            judged = judge(self._keyring, self.column, self._columns, found)
            plaintext = self._plaintext(found, judged)
            if plaintext is None or (self.column.bind and found.binding is None):
                leave(result, self.column, found, judged)
            else:
                self._change(result, found, self._sealed(found, plaintext), self._index(found, plaintext))
        return result

    def _mend_null(self, result: Resealed, found: Field) -> None:
        if self.column.is_required:
            leave(result, self.column, found, Judged(FieldVerdict.NULL_WHERE_REQUIRED))
        elif self.column.index is not None and found.index is not None:
            self._change(result, found, None, None)

    def _mend_sealed(self, result: Resealed, found: Field, plaintext: bytes, key_id: bytes) -> None:
        record = self._keyring.record(Purpose.DATA, key_id)
        is_old = record is not None and record.state in _TO_SEAL_ANEW
        fits = index_fits(self._keyring, self.column, found, plaintext)
        if is_old or not fits:
            value = self._sealed(found, plaintext) if is_old else found.value
            self._change(result, found, value, found.index if fits else self._index(found, plaintext))

    def _plaintext(self, found: Field, judged: Judged) -> bytes | None:
        """Return what a field holds that was never sealed; None where it may be something else."""
        is_empty = self._is_from_plaintext and found.value == b""
        if judged.verdict is not FieldVerdict.PLAINTEXT and not is_empty:
            return None
        value = found.value
        raw = value.encode() if isinstance(value, str) else value
        if not isinstance(raw, bytes):
            return None
        if self.column.content is Content.BYTES:
            return raw if isinstance(value, bytes) else None
        try:
            text = raw.decode()
            return text.encode() if self.column.content is Content.TEXT else _as_json(text)
        except ValueError:
            return None

    def _sealed(self, found: Field, plaintext: bytes) -> bytes:
        return bytes(seal(self._keyring, self.column.place, plaintext, found.binding))

    def _index(self, found: Field, plaintext: bytes) -> bytes | None:
        index = self.column.index
        if index is None:
            return None
        return bytes(
            blind_index(
                self._keyring, self.column.place, plaintext.decode(), normalise=index.normalise,
                length=index.length_bytes, tenant=found.tenant_of_index, role=role_of_index(self.column),
            )
        )  # fmt: skip

    def _change(self, result: Resealed, found: Field, value: bytes | None, index: object) -> None:
        has_index = found.index is not NO_INDEX
        old = (found.value, found.index) if has_index else (found.value,)
        result.changes.append((*found.row, *old, *((value, index) if has_index else (value,))))


def leave(result: Resealed, column: EncryptedColumn, found: Field, judged: Judged) -> None:
    """Count a field that stays as it is, and name it if it is one of the first of its kind."""
    result.left[judged.verdict] += 1
    if result.left[judged.verdict] <= MOST_SHOWN:
        key = column.primary_key
        named = key_text(dict(zip(key, found.row, strict=True)), key)
        result.offenders.append(Offender(named, judged.verdict, judged.detail))


def _as_json(text: str) -> bytes:
    """Return a document in the form in which it is sealed; raises ValueError for what is none."""
    found = json.loads(text, parse_constant=_refuse_constant)
    return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _never(nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
    raise LookupError
