"""URLs of SQLite files: as SQLAlchemy writes them, to a path; compared, and shown without secrets.

Source: SQLAlchemy, "SQLite: Connect Strings"; SQLite, "URI Filenames".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.secret import MASK

SECRETS = frozenset({"key", "hexkey", "textkey", "password", "passphrase"})
"""Parameters of encrypting builds whose values are never shown."""

_URL = re.compile(
    r"\s*sqlite3?(?:\+[A-Za-z0-9_]+)?://(?P<authority>[^/?]*)(?:/(?P<path>[^?]*))?(?:\?(?P<query>.*?))?\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
_KEPT = ("immutable", "nolock", "vfs")


@dataclass(frozen=True, slots=True)
class FilePlace:
    """The file a URL leads to, and the options of it that a reading connection keeps."""

    path: Path
    options: tuple[tuple[str, str], ...]

    @property
    def uri(self) -> str:
        """The URI of a read-only connection, with the kept options."""
        return self.uri_with(self.options)

    def uri_with(self, options: tuple[tuple[str, str], ...]) -> str:
        """Return the URI of a read-only connection with the given options."""
        query = "&".join(f"{key}={quote(value, safe='')}" for key, value in (("mode", "ro"), *options))
        return f"file:{quote(str(self.path.absolute()))}?{query}"


def place_of(url: str) -> FilePlace:
    """Return the file a URL leads to; raises ConfigError for a database in memory or a malformed URL."""
    found = _URL.match(url)
    if found is None or found["authority"]:
        raise ConfigError("a SQLite URL is sqlite:///relative/path or sqlite:////absolute/path")
    text, options = found["path"] or "", dict(parse_qsl(found["query"] or "", keep_blank_values=True))
    if text.startswith("file:"):
        text, options = _of_uri(text, options)
    if text in ("", ":memory:") or options.get("mode") == "memory":
        raise ConfigError("a SQLite database in memory belongs to its own process; name a file (sqlite:///path)")
    if "\0" in text or "%00" in text:
        raise ConfigError("the path in the SQLite URL holds a NUL character")
    kept = tuple((key, options[key]) for key in _KEPT if key in options)
    return FilePlace(_path_of(text), kept)


def display_url(url: str) -> str:
    """Return `url` with the values of secret parameters masked; a malformed one is masked whole."""
    found = _URL.match(url)
    if found is None or found["authority"]:
        return f"sqlite:///{MASK}"
    if not found["query"]:
        return url.strip()
    pairs = [pair.partition("=") for pair in found["query"].split("&")]
    shown = "&".join(key + mark + (MASK if unquote(key).lower() in SECRETS else value) for key, mark, value in pairs)
    return f"{url.strip().partition('?')[0]}?{shown}"


def same_database(one: str, other: str) -> bool:
    """Tell whether two URLs lead to one file: by the real path, or, where both exist, by the inode."""
    try:
        here, there = place_of(one).path, place_of(other).path
    except ConfigError:
        return False
    try:
        return here.samefile(there)
    except OSError:
        return here.resolve() == there.resolve()


def _of_uri(text: str, options: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Take a `file:` URI apart; `file:///abs` and `file:/abs` are absolute, `file:rel` is not."""
    path = text.removeprefix("file:")
    if path.startswith("//"):
        authority, _, path = path[2:].partition("/")
        if authority not in ("", "localhost"):
            raise ConfigError("a SQLite file URI names no host; write file:///absolute/path")
        path = "/" + path
    return unquote(path), options


def _path_of(text: str) -> Path:
    # SQLAlchemy 2.0 takes the path as it is, 2.1 decodes it: a file with the written name wins.
    literal, decoded = Path(text), Path(unquote(text))
    return literal if literal == decoded or literal.exists() else decoded
