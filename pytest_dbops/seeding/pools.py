"""Vocabulary: values that Faker made once, kept beside the seeders with a checksum, and drawn from ever after.

A pool that is kept needs no Faker and does not change when Faker does. One that is not kept is filled in memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.errors import ConfigError

FOLDER = "pools"
_TRIES_A_VALUE = 50


def pool(folder: Path, provider: str, locale: str, size: int) -> Sequence[str]:
    """Return at most `size` different values, kept in `folder` or filled now; fewer where Faker knows no more.

    Raises ConfigError for a provider or a locale that Faker does not have, for a pool that was changed by hand, and
    when the pool is not kept and Faker is not installed.
    """
    file = folder / FOLDER / f"{locale}.{provider}.json"
    if file.is_file():
        return _kept(file)[:size]
    return _filled(provider, locale, size)


def keep_pool(folder: Path, provider: str, locale: str, size: int) -> Path:
    """Fill a pool and keep it beside the seeders in `folder`; returns the file."""
    values = _filled(provider, locale, size)
    file = folder / FOLDER / f"{locale}.{provider}.json"
    file.parent.mkdir(exist_ok=True)
    text = json.dumps({"sha256": _digest(values), "values": values}, ensure_ascii=False, indent=0)
    write_durably(file, text.encode() + b"\n")
    return file


@cache
def _kept(file: Path) -> tuple[str, ...]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        values, digest = tuple(map(str, document["values"])), document["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise ConfigError(f"pool {file.name} cannot be read: {err} (remove it, to fill it anew)") from err
    if digest != _digest(values):
        raise ConfigError(f"pool {file.name} is not what its checksum says (remove it, to fill it anew)")
    return values


@cache
def _filled(provider: str, locale: str, size: int) -> tuple[str, ...]:
    faker = _faker(provider, locale)
    make = getattr(faker, provider, None)
    if not callable(make):
        raise ConfigError(f"Faker has no provider {provider!r} for locale {locale!r}")
    faker.seed_instance(f"{locale}|{provider}")
    found: dict[str, None] = {}
    for _ in range(size * _TRIES_A_VALUE):
        found[str(make())] = None
        if len(found) == size:
            break
    return tuple(found)


def _faker(provider: str, locale: str) -> Any:
    try:
        from faker import Faker
    except ImportError as err:
        raise ConfigError(
            f"pool {locale}.{provider} is not kept beside the seeders, and Faker is not installed"
            ' (run: pip install "pytest-dbops[seed]")'
        ) from err
    try:
        return Faker(locale, use_weighting=False)
    except (AttributeError, ImportError, ValueError) as err:
        raise ConfigError(f"Faker has no locale {locale!r} (as in de_DE, en_US, ja_JP)") from err


def _digest(values: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(values).encode()).hexdigest()
