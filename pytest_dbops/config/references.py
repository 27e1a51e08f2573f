"""References to URLs: how they are written, and what they lead to."""

from __future__ import annotations

import re
import shlex
from enum import StrEnum
from urllib.parse import parse_qsl, unquote, urlsplit

from pytest_dbops.core.frozen import frozen

DIALECTS = ("postgresql", "sqlite")
FORMS = "env:NAME, file:PATH, cmd:COMMAND, embedded:sqlite, embedded:postgresql, or a URL without a password"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9.]*)(?:\+[A-Za-z0-9_]+)?://", re.ASCII)
_LOGIN_IN_TEXT = re.compile(r"://[^\s/:@]*:\S*@")
_SECRET_PARAMETERS = frozenset({"password", "sslpassword", "passwd", "pwd", "pass"})
_PRODUCTS = {"postgresql": "postgresql", "postgres": "postgresql", "sqlite": "sqlite"}


class Form(StrEnum):
    """The ways to say where a database is."""

    ENV = "env"
    FILE = "file"
    CMD = "cmd"
    EMBEDDED = "embedded"
    URL = "url"


@frozen
class Reference:
    """A parsed reference; `text` is what follows `env:`, or the whole URL."""

    form: Form
    text: str

    @property
    def written(self) -> str:
        """The reference as it is written in the file; it holds no password."""
        return self.text if self.form is Form.URL else f"{self.form}:{self.text}"

    @property
    def dialect(self) -> str | None:
        """The product it leads to, or None as long as that is not known."""
        if self.form is Form.EMBEDDED:
            return self.text
        return dialect_of(self.text) if self.form is Form.URL else None


def parse_reference(written: str) -> Reference:
    """Parse a reference; raises ValueError with the rest of a sentence that begins with `url`.

    The message never holds what was written: it may be a password.
    """
    prefix, _, rest = written.partition(":")
    if "://" in written and prefix not in ("env", "cmd", "file"):
        return _literal(written)
    text = rest.strip()
    if prefix == Form.ENV:
        if not _NAME.fullmatch(text):
            raise ValueError("does not name a variable after env: (as in env:STAGING_DATABASE_URL)")
    elif prefix == Form.FILE:
        if not text:
            raise ValueError("does not name a file after file: (as in file:/run/secrets/database_url)")
    elif prefix == Form.CMD:
        _refuse_bad_command(text)
    elif prefix == Form.EMBEDDED:
        if text not in DIALECTS:
            raise ValueError("names no embedded product (embedded:sqlite or embedded:postgresql)")
    else:
        raise ValueError(f"is no reference (write {FORMS})")
    return Reference(Form(prefix), text)


def dialect_of(url: str) -> str | None:
    """Return `postgresql` or `sqlite` by the scheme of a URL, or None for anything else."""
    found = _SCHEME.match(url)
    return _PRODUCTS.get(found[1].lower()) if found else None


def unsupported(url: str) -> str:
    """Return what is wrong with a text that is no URL of a supported product, without showing its secrets."""
    found = _SCHEME.match(url)
    what = f"is a URL of {found[1]!r}" if found else "is not a URL"
    return f"{what}; supported are postgresql:// and sqlite:///"


def passwords_in(url: str) -> tuple[str, ...]:
    """Return the passwords a URL holds, in the form it writes them and decoded; none for a text that is no URL.

    A password may itself hold `@`, `/`, `?` or `#` although it should not: both ways to read it count.
    """
    _, found, rest = url.partition("://")
    if not found:
        return ()
    given = {value for name, value in parse_qsl(rest.partition("?")[2]) if name.lower() in _SECRET_PARAMETERS}
    if not rest.startswith("/"):
        location = re.split(r"[/?#]", rest, maxsplit=1)[0]
        for login in (location.rpartition("@")[0], rest.rpartition("@")[0]):
            written = login.partition(":")[2]
            given |= {written, unquote(written)}
    return tuple(sorted(text for text in given if text))


def _literal(url: str) -> Reference:
    dialect = dialect_of(url)
    if dialect is None:
        raise ValueError(unsupported(url))
    if passwords_in(url):
        raise ValueError("holds a password (put the whole URL into a variable and write env:NAME, or use file:, cmd:)")
    if dialect == "sqlite":
        refuse_memory(url)
    else:
        _refuse_bad_port(url)
    return Reference(Form.URL, url)


def refuse_memory(url: str) -> None:
    """Raise ValueError when a sqlite URL names no file."""
    path = url.partition("://")[2].partition("?")[0]
    if not path.startswith("/") or path in ("/", "/:memory:"):
        raise ValueError("names no file (write sqlite:///relative/path or sqlite:////absolute/path)")


def _refuse_bad_port(url: str) -> None:
    try:
        _ = urlsplit(url.partition(",")[0]).port
    except ValueError:
        raise ValueError("has a port or host that cannot be read") from None


def _refuse_bad_command(command: str) -> None:
    try:
        words = shlex.split(command)
    except ValueError:
        raise ValueError("has an unclosed quote in the command after cmd:") from None
    if not words:
        raise ValueError("names no command after cmd: (as in cmd:pass show staging/url)")
    if _LOGIN_IN_TEXT.search(command):
        raise ValueError("holds a password in its command (use a command that looks it up)")
