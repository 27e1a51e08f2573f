"""Secrets that do not print themselves, and a mask that finds them in any text."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"
_SHORTEST_MASKED = 4


class Secret:
    """A text that must never be shown; `repr`, `str` and formatting give a mask."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself; call it only where it is handed to a driver or a cipher."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a Secret is not pickled")


class SecretMask:
    """Replaces known secrets, also url- and base64-encoded, by a mask in any text."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._forms: list[str] = []
        for secret in secrets:
            self.add(secret)

    def add(self, secret: Secret) -> None:
        """Learn one more secret; texts shorter than four characters are too common to be masked."""
        value = secret.reveal()
        if len(value) < _SHORTEST_MASKED:
            return
        known = {*self._forms, *_forms_of(value)}
        self._forms = sorted(known, key=len, reverse=True)

    def add_bytes(self, key: bytes) -> None:
        """Learn a key in every spelling that bytes have in text: hexadecimal and base64."""
        forms = {key.hex(), key.hex().upper(), *_base64_forms(key)}
        known = {*self._forms, *(form for form in forms if len(form) >= _SHORTEST_MASKED)}
        self._forms = sorted(known, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return `text` with every known form of every known secret replaced."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text


class MaskingFilter(logging.Filter):
    """Masks known secrets in log records, with their arguments and tracebacks."""

    def __init__(self, mask: SecretMask) -> None:
        super().__init__()
        self._mask = mask

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; never drops one."""
        record.msg, record.args = self._mask(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self._mask(record.exc_text)
        return True


def _forms_of(value: str) -> set[str]:
    raw = value.encode("utf-8", "surrogatepass")
    forms = {value, quote(value, safe=""), quote(value), quote_plus(value), repr(value)[1:-1]}
    forms |= {raw.hex(), raw.hex().upper(), *_base64_forms(raw)}
    return {form for form in forms if len(form) >= _SHORTEST_MASKED}


def _base64_forms(raw: bytes) -> set[str]:
    texts = {encode(raw).decode("ascii") for encode in (base64.b64encode, base64.urlsafe_b64encode)}
    return texts | {text.rstrip("=") for text in texts}
