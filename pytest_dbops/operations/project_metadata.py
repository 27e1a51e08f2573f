"""The project's models, imported: only by processes of ours that may run its code (see `confined.py`)."""

from __future__ import annotations

from typing import Any

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.raised import import_line


def load_metadata(reference: str) -> Any:
    """Return the MetaData behind `module:attribute`; raises ConfigError when it does not import or is none."""
    from importlib import import_module

    from sqlalchemy import MetaData

    module, _, name = reference.partition(":")
    try:
        found: Any = import_module(module)
        for part in (name or "metadata").split("."):
            found = getattr(found, part)
    except KeyboardInterrupt:
        raise
    except BaseException as err:  # the project's module may raise anything at import
        raise ConfigError(f"[project] metadata {reference!r} does not import: {import_line(err)}") from err
    found = getattr(found, "metadata", found)
    if not isinstance(found, MetaData):
        raise ConfigError(f"[project] metadata {reference!r} is {type(found).__name__}, not a SQLAlchemy MetaData")
    return found
