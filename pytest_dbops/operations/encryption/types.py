"""What models import of encrypted columns; here a project's own keyring is found for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_dbops.crypto.current import find_keyring_by, reserve_in, use_keyring
from pytest_dbops.crypto.mapped import encrypted
from pytest_dbops.crypto.rendering import render_item
from pytest_dbops.crypto.rows import decrypt_rows, encrypt_rows
from pytest_dbops.crypto.types import BlindIndex, EncryptedBytes, EncryptedJSON, EncryptedText, in_tenant

__all__ = [
    "BlindIndex",
    "EncryptedBytes",
    "EncryptedJSON",
    "EncryptedText",
    "count_encryptions",
    "decrypt_rows",
    "encrypt_rows",
    "encrypted",
    "in_tenant",
    "render_item",
    "use_keyring",
]

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pytest_dbops.crypto.keyring import Keyring


def count_encryptions(engine: Engine) -> None:
    """Count what this process seals beside the data of a database, with all others that write into it.

    To be called when the program starts, behind `use_keyring`. On PostgreSQL the table is made of what
    `dbops compliance keys table` prints; on SQLite it is a file beside the database.
    """
    from pytest_dbops.crypto.ledgers import ledger_of

    reserve_in(ledger_of(engine))


def _of_project() -> Keyring:
    # Models are imported by programs that never read a configuration.
    from pytest_dbops.operations.encryption.keyring import load_keyring

    return load_keyring()


find_keyring_by(_of_project)
