"""Make the blind indexes of a column that follows another, a batch at a time; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pytest_dbops.core.encryption import EncryptedColumn
from pytest_dbops.crypto.audit import follower_of
from pytest_dbops.crypto.blind_index import blind_index
from pytest_dbops.crypto.fields import FieldReader, opened_at_home, role_of_index
from pytest_dbops.crypto.judging import judge
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.crypto.resealing import Resealed, leave


class Indexer:
    """Fills the follower of a column's blind index; the field itself stays, and is compared when it is written.

    Rows are as `read_order` tells of `column`, whose index is the follower. A row whose index fits already is left.
    """

    def __init__(self, keyring: Keyring, column: EncryptedColumn, columns: Sequence[EncryptedColumn]) -> None:
        assert column.follower is not None
        self.column = follower_of(column)
        self._index = column.follower
        self._keyring, self._columns = keyring, columns
        self._reader = FieldReader(keyring, self.column)

    def reseal(self, rows: Sequence[Sequence[Any]]) -> Resealed:
        """Return the rows of a batch with their new indexes; raises FieldError where there is no key for them."""
        result = Resealed()
        for row in rows:
            found = self._reader.field(row)
            wanted = None
            if found.value is not None:
                home = opened_at_home(self._keyring, self.column, found)
                if home is None:
                    judged = judge(self._keyring, replace(self.column, index=None), self._columns, found)
                    leave(result, self.column, found, judged)
                    continue
                wanted = self._indexed(home[0].decode(), found.tenant_of_index)
            if wanted != found.index:
                result.changes.append((*found.row, found.value, found.index, found.value, wanted))
        return result

    def _indexed(self, value: str, tenant: str) -> bytes:
        index = self._index
        return bytes(
            blind_index(
                self._keyring, self.column.place, value, normalise=index.normalise, length=index.length_bytes,
                tenant=tenant, role=role_of_index(self.column),
            )
        )  # fmt: skip
