"""How migrations write encrypted columns: as what they are stored as, so that no revision depends on a type of ours."""

from __future__ import annotations

from typing import Any

from pytest_dbops.crypto.types import BlindIndex, Encrypted


def render_item(kind: str, item: object, context: Any) -> str | bool:
    """Return `sa.LargeBinary()` for a type of ours, False for anything else; alembic's `render_item` in env.py."""
    if kind != "type" or not isinstance(item, Encrypted | BlindIndex):
        return False
    length = getattr(item, "length", None)
    return f"{context.opts['sqlalchemy_module_prefix'] or ''}LargeBinary({f'length={length}' if length else ''})"
