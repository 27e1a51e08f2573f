"""The keyring that column types use: given by the program, else found when a field is first sealed or opened."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from pytest_dbops.core.errors import FieldError
from pytest_dbops.crypto.counting import Ledger
from pytest_dbops.crypto.keyring import Keyring

_LOCK = Lock()
_given: Keyring | None = None
_found: Keyring | None = None
_finder: Callable[[], Keyring] | None = None


def use_keyring(keyring: Keyring | None) -> None:
    """Let all encrypted columns of this process use a keyring; None returns to the one of the project."""
    global _given, _found
    with _LOCK:
        _given, _found = keyring, None


def find_keyring_by(finder: Callable[[], Keyring]) -> None:
    """Name what finds the keyring of the project, where the program gives none; it is called once."""
    global _finder
    _finder = finder


def current_keyring() -> Keyring:
    """Return the keyring in use; raises FieldError where there is none, and what the finder raises."""
    global _found
    ready = _given or _found
    if ready is not None:
        return ready
    if _finder is None:
        raise FieldError("no keyring is in use (call pytest_dbops.use_keyring when the program starts)")
    with _LOCK:
        if _found is None:
            _found = _finder()
        return _found


def reserve_in(ledger: Ledger) -> None:
    """Let the keyring in use reserve what it seals in a ledger, from its next block on."""
    current_keyring().counts.ledger = ledger
