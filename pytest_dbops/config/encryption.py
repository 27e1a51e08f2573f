"""The encryption key of an environment, as the variable ENCRYPTION_KEY gives it."""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from dataclasses import dataclass

from pytest_dbops.config.model import Config
from pytest_dbops.config.secrets import KEY_VARIABLE
from pytest_dbops.core.environment import Environment, Kind
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.secret import Secret, SecretMask

KEY_BYTES = 32
_WAY_OUT = f"(make one: export {KEY_VARIABLE}=hex:$(openssl rand -hex 32))"


@dataclass(frozen=True, slots=True)
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
    form, found, body = text.partition(":")
    warning = ""
    if found and form == "hex":
        key = _decoded_hex(body.strip(), environment)
    elif found and form == "base64":
        key = _decoded_base64(body.strip(), environment)
    else:
        key = _plain(text, environment)
        warning = f"{KEY_VARIABLE} is 32 plain characters, which is tolerated in development only {_WAY_OUT}"
    config.mask.add_bytes(key)
    return EncryptionKey(Secret(key.hex()), warning)


def _decoded_hex(body: str, environment: Environment) -> bytes:
    try:
        key = bytes.fromhex(body)
    except ValueError:
        raise _refused(environment, f"holds something else than hex digits after hex: {_WAY_OUT}") from None
    return _of_full_length(key, environment)


def _decoded_base64(body: str, environment: Environment) -> bytes:
    try:
        key = _from_base64(body)
    except (binascii.Error, ValueError):
        raise _refused(environment, f"is not valid base64 after base64: {_WAY_OUT}") from None
    return _of_full_length(key, environment)


def _from_base64(body: str) -> bytes:
    """Decode either alphabet, padded or not; raises ValueError."""
    return base64.b64decode(body.replace("-", "+").replace("_", "/") + "=" * (-len(body) % 4), validate=True)


def _plain(text: str, environment: Environment) -> bytes:
    if environment.kind is not Kind.DEVELOPMENT:
        raise _refused(environment, f"has no prefix; {environment.kind.value} needs hex: or base64: {_WAY_OUT}")
    return _of_full_length(text.encode("utf-8", "surrogateescape"), environment)


def _of_full_length(key: bytes, environment: Environment) -> bytes:
    if len(key) != KEY_BYTES:
        raise _refused(environment, f"has {len(key)} bytes; {KEY_BYTES} are needed {_WAY_OUT}")
    return key


def _refused(environment: Environment, problem: str) -> ConfigError:
    return ConfigError(f"environment {environment.name!r}: variable {KEY_VARIABLE} {problem}")
