"""The encryption key of an environment, as the variable ENCRYPTION_KEY gives it."""

from __future__ import annotations

import base64
from contextlib import suppress

from pytest_dbops.config.model import Config
from pytest_dbops.config.secrets import KEY_VARIABLE
from pytest_dbops.core.environment import Environment, Kind
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.secret import Secret, SecretMask

KEY_BYTES = 32
_MALFORMED = {
    "hex": "holds something else than hex digits after hex:",
    "base64": "is not valid base64 after base64:",
}
_WAY_OUT = f"(make one: export {KEY_VARIABLE}=hex:$(openssl rand -hex 32))"


@frozen
class EncryptionKey:
    """A key of 32 bytes, kept as 64 hex digits; `warning` is a line to show, or empty."""

    key: Secret
    warning: str = ""

    def to_bytes(self) -> bytes:
        """Return the key itself; hand it to a cipher only."""
        return bytes.fromhex(self.key.reveal())


def refuse_unfit_key(config: Config, environment: Environment) -> str:
    """Judge a key that is set, where the environment encrypts; returns a line to show, or nothing.

    A key that is not set is nothing to refuse: the checks that need one say so. Raises ConfigError for one that does
    not fit.
    """
    if not environment.policy.encryption or not config.variables.get(KEY_VARIABLE):
        return ""
    return read_encryption_key(config, environment).warning


def mask_key(mask: SecretMask, text: str) -> None:
    """Teach a mask the key behind a value of the variable, in every spelling that its bytes have."""
    form, _, body = text.partition(":")
    with suppress(ValueError, ConfigError):
        mask.add_bytes(bytes.fromhex(body.strip()) if form == "hex" else _from_base64(body.strip()))


def read_encryption_key(config: Config, environment: Environment) -> EncryptionKey:
    """Return the key; the configuration's mask has learned it when it was loaded.

    Raises ConfigError when it is not set, not 32 bytes, or 32 plain characters outside of development.
    """
    text = config.variables.get(KEY_VARIABLE)
    if not text:
        raise ConfigError(f"environment {environment.name!r}: variable {KEY_VARIABLE} is not set {_WAY_OUT}")
    warning = ""
    if text.partition(":")[0] in ("hex", "base64") and ":" in text:
        try:
            key = parse_key(text)
        except ValueError as err:
            raise _refused(environment, f"{err} {_WAY_OUT}") from None
    else:
        key = _plain(text, environment)
        warning = f"{KEY_VARIABLE} is 32 plain characters, which is tolerated in development only {_WAY_OUT}"
    config.mask.add_bytes(key)
    return EncryptionKey(Secret(key.hex()), warning)


def parse_key(text: str) -> bytes:
    """Return the key that `hex:` or `base64:` writes; raises ValueError with the rest of a sentence about it."""
    form, _, body = text.strip().partition(":")
    try:
        if form == "hex":
            return _whole(bytes.fromhex(body.strip()))
        if form == "base64":
            return _whole(_from_base64(body.strip()))
    except _WrongLength:
        raise
    except ValueError:
        raise ValueError(_MALFORMED[form]) from None
    raise ValueError("has no prefix; hex: or base64: is needed")


class _WrongLength(ValueError):
    pass


def _whole(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise _WrongLength(f"has {len(key)} bytes; {KEY_BYTES} are needed")
    return key


def _from_base64(body: str) -> bytes:
    """Decode either alphabet, padded or not; raises ValueError."""
    return base64.b64decode(body.replace("-", "+").replace("_", "/") + "=" * (-len(body) % 4), validate=True)


def _plain(text: str, environment: Environment) -> bytes:
    if environment.kind is not Kind.DEVELOPMENT:
        raise _refused(environment, f"has no prefix; {environment.kind.value} needs hex: or base64: {_WAY_OUT}")
    try:
        return _whole(text.encode("utf-8", "surrogateescape"))
    except ValueError as err:
        raise _refused(environment, f"{err} {_WAY_OUT}") from None


def _refused(environment: Environment, problem: str) -> ConfigError:
    return ConfigError(f"environment {environment.name!r}: variable {KEY_VARIABLE} {problem}")
