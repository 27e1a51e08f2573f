"""The tables `[scratch]` and `[scratch.settings]`: the throw-away PostgreSQL server on which everything writes."""

from __future__ import annotations

import re

from pytest_dbops.config.references import Form, Reference, parse_reference
from pytest_dbops.config.shapes import Shape, Unfit, text, whole, words
from pytest_dbops.config.table import Key, Source, Table
from pytest_dbops.config.variables import Variables
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.server_request import OLDEST_MAJOR

SHADOW_VARIABLE = "SHADOW_DATABASE_URL"
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(?:\.[A-Za-z_][A-Za-z0-9_$]*)*")
_SERVERS = ("auto", "system", "wheel")


@frozen
class Scratch:
    """Which scratch server is wanted; `url` is None when the tool starts one itself."""

    url: Reference | None = None
    server: str = "auto"
    major: int | None = None
    bindirs: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()


def _server() -> Shape[str]:
    def parse(value: object) -> str:
        if isinstance(value, str) and (value in _SERVERS or value.removeprefix("container:") not in (value, "")):
            return value
        raise Unfit("one of auto, system, wheel, or container:IMAGE is needed, as in container:postgres:17")

    return Shape("`auto` | `system` | `wheel` | `container:IMAGE`", parse)


URL = Key(
    "url", text(), "reference to a server of yours, in which scratch databases may be made and dropped",
    "a server of our own; `SHADOW_DATABASE_URL` comes first", 'url = "env:CI_POSTGRES_URL"', may_show=False,
)  # fmt: skip
SERVER = Key(
    "server", _server(), "where the server's binaries come from; `auto` takes the first that works",
    "auto", 'server = "container:postgres:17"',
)  # fmt: skip
MAJOR = Key(
    "major", whole(OLDEST_MAJOR), "major version of PostgreSQL",
    "that of the target, where it can be had", "major = 17",
)  # fmt: skip
BINDIRS = Key(
    "bindirs", words("list of paths"), "further folders with `postgres` and `initdb`, looked at first",
    "none", 'bindirs = ["/usr/lib/postgresql/17/bin"]',
)  # fmt: skip
SCRATCH = Table(
    "scratch",
    "The throw-away PostgreSQL server of fixtures and rehearsals.",
    (URL, SERVER, MAJOR, BINDIRS),
    tables=("settings",),
)
SETTINGS = Table(
    "scratch.settings",
    'PostgreSQL settings of a scratch server that the tool starts, by name: `shared_buffers = "256MB"`.',
    (),
    is_open=True,
)


def read_scratch(source: Source, variables: Variables) -> Scratch:
    """Return the table `[scratch]`; the variable SHADOW_DATABASE_URL takes the place of `url`."""
    section = source.section(SCRATCH, "scratch")
    written = section.read(URL, "")
    reference = None
    if written:
        try:
            reference = parse_reference(written)
        except ValueError as err:
            raise section.error("url", f"[scratch] url {err}") from None
        if reference.form is Form.EMBEDDED or reference.dialect == "sqlite":
            raise section.error("url", "[scratch] url leads to no PostgreSQL server; one is needed (or leave url out)")
    if variables.get(SHADOW_VARIABLE) and not source.origins["scratch.url"].startswith("command line"):
        reference = Reference(Form.ENV, SHADOW_VARIABLE)
        section.note("url", variables.origin(SHADOW_VARIABLE))
    return Scratch(
        url=reference,
        server=section.read(SERVER, "auto"),
        major=section.read(MAJOR, 0) or None,
        bindirs=section.read(BINDIRS, ()),
        settings=_read_settings(source),
    )


def _read_settings(source: Source) -> tuple[tuple[str, str], ...]:
    section = source.section(SETTINGS, "scratch", "settings")
    for name in section.rest():
        if not _SETTING.fullmatch(name):
            raise section.error(name, f"[scratch.settings] {name!r} is no name of a PostgreSQL setting")
    return tuple((name, section.read(Key(name, _postgres_value(), "", "", ""), "")) for name in section.rest())


def _postgres_value() -> Shape[str]:
    def parse(value: object) -> str:
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, int | float) or (isinstance(value, str) and value.isprintable()):
            return str(value)
        raise Unfit("a text on one line, a number, or true or false is needed")

    return Shape("text, number, true or false", parse)
