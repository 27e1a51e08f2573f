"""The database products, one folder each, found by a dialect's name or a URL's scheme."""

from __future__ import annotations

import re
from importlib import import_module
from types import MappingProxyType

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.session import Backend

BACKENDS = MappingProxyType({"postgresql": "postgresql", "postgres": "postgresql", "sqlite": "sqlite"})
"""Scheme of a URL (without its `+driver`) to the folder of the product."""

_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9_.-]*)(?:\+[A-Za-z0-9_.-]+)?(?:://|$)")
_KEYWORDS = re.compile(r"\s*[a-z_]+\s*=")


def dialect_of(url_or_dialect: str) -> str:
    """Return `postgresql` or `sqlite` for a dialect's name, a URL, or libpq's `host=... dbname=...` form.

    Raises ConfigError for anything else; its message never holds more of the URL than its scheme.
    """
    if _KEYWORDS.match(url_or_dialect):
        return "postgresql"
    found = _SCHEME.match(url_or_dialect)
    if found is None:
        raise ConfigError(f"the database URL has no scheme; write {_WRITTEN}")
    dialect = BACKENDS.get(found[1].lower())
    if dialect is None:
        raise ConfigError(f"database {found[1]!r} is not supported; write {_WRITTEN}")
    return dialect


def backend_for(url_or_dialect: str) -> Backend:
    """Return the product a URL or a dialect's name belongs to; loads its folder, but no driver yet.

    Raises ConfigError with the supported products for any other.
    """
    backend: Backend = import_module(f"{__name__}.{dialect_of(url_or_dialect)}.backend").BACKEND
    return backend


_WRITTEN = "postgresql://user@host:5432/database or sqlite:///path/to/file"
