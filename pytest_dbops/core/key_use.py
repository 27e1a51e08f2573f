"""How often the data keys of a database have sealed, as those who seal have reserved it."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen

MOST_SEALED = 2**32
"""Encryptions under one data key with random nonces (NIST SP 800-38D, 8.3)."""


@frozen
class KeyUse:
    """One data key: its name (`key id/table/column`, and the tenant of the row profile), and what is reserved."""

    data_key: str
    reserved: int

    @property
    def key_id(self) -> str:
        """The id of the root key it is made of."""
        return self.data_key.partition("/")[0]


@frozen
class KeyUses:
    """What is counted beside the data of a database; is_counted: whether anybody counts there at all."""

    uses: tuple[KeyUse, ...] = ()
    is_counted: bool = False
