"""The database products, one folder each, found by a dialect's name or a URL's scheme."""

from __future__ import annotations

import re
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.session import Backend

if TYPE_CHECKING:
    from pytest_dbops.core.audit.port import AuditProduct
    from pytest_dbops.core.copying import CopyingProduct
    from pytest_dbops.core.maintenance.worker import Maintainer
    from pytest_dbops.core.rewriting import RewritingProduct

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


def audit_for(url_or_dialect: str) -> AuditProduct:
    """Return the product of a URL or a dialect's name as far as audit trails go; loads no driver yet."""
    product: AuditProduct = import_module(f"{__name__}.{dialect_of(url_or_dialect)}.audit").AUDIT
    return product


def copying_for(url_or_dialect: str) -> CopyingProduct:
    """Return what copies whole databases of a product; as `backend_for`."""
    product: CopyingProduct = import_module(f"{__name__}.{dialect_of(url_or_dialect)}.whole_copy").COPYING
    return product


def maintainer_for(url_or_dialect: str) -> Maintainer:
    """Return what opens a writing connection for maintenance on a product; as `backend_for`."""
    maintainer: Maintainer = import_module(f"{__name__}.{dialect_of(url_or_dialect)}.maintaining").MAINTAINER
    return maintainer


def rewriting_for(url_or_dialect: str) -> RewritingProduct:
    """Return what opens a connection that replaces stored fields on a product; as `backend_for`."""
    product: RewritingProduct = import_module(f"{__name__}.{dialect_of(url_or_dialect)}.rewriting").REWRITING
    return product


_WRITTEN = "postgresql://user@host:5432/database or sqlite:///path/to/file"
