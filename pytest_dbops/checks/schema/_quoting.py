"""Names put into a statement that is sent: always in double quotes, with their schema."""

from __future__ import annotations


def sure_name(*parts: str) -> str:
    """Return a name no reserved word and no character can break: `"public"."invoice"`."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def sure_text(text: str) -> str:
    """Return a string constant."""
    return "'" + text.replace("'", "''") + "'"
