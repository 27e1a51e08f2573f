"""Real backups, and what their own tables of contents say is in them: pg_dump with pg_dumpall, and a copy of a file."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psycopg

from pytest_dbops.backends.postgresql.schema_copy import libpq_variables
from pytest_dbops.core.backups import (
    BackupContents,
    BackupForm,
    BackupRecord,
    BackupSource,
    Collation,
    ContentKind,
)
from pytest_dbops.provisioning.dump_tools import find_dump_tool
from tests.checks.connectivity.asking import CLOCK
from tests.checks.connectivity.conftest import Target
from tests.fix_postgres import BINDIRS

_ENTRY = re.compile(r"^\d+; \d+ \d+ (?P<kind>[A-Z][A-Z ]*[A-Z]) (?P<schema>\S+) (?P<name>\S+)")
_ROLE = re.compile(r"^CREATE ROLE (\S+);$", re.MULTILINE)
_KINDS = {
    "TABLE": ContentKind.TABLE,
    "TABLE DATA": ContentKind.ROWS,
    "SEQUENCE": ContentKind.SEQUENCE,
    "EXTENSION": ContentKind.EXTENSION,
}
_LARGE_OBJECTS = ("BLOB", "BLOB METADATA")
_SOURCE = """
SELECT pg_encoding_to_char(d.encoding) AS encoding,
       CASE coalesce(to_jsonb(d) ->> 'datlocprovider', 'c')
         WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' ELSE 'builtin' END AS provider,
       coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', d.datcollate) AS locale
  FROM pg_database AS d
 WHERE d.datname = current_database()
"""


def dumped(target: Target, folder: Path, *options: str, name: str = "daily", at: datetime = CLOCK) -> BackupRecord:
    """Dump the target by pg_dump, and return a record of what pg_restore lists of it."""
    file = folder / f"{name}.dump"
    _run(target, "pg_dump", "--format=custom", f"--file={file}", *options)
    listed = [found for line in _run(target, "pg_restore", "--list", str(file)).splitlines() if (found := _entry(line))]
    names: dict[ContentKind, frozenset[str]] = {ContentKind.DATABASE: frozenset({target.name})}
    for word, kind in _KINDS.items():
        names[kind] = frozenset(_named(found, kind) for found in listed if found["kind"] == word)
    objects = sum(found["kind"].startswith(_LARGE_OBJECTS) and found["kind"] != "BLOBS" for found in listed)
    return BackupRecord(
        name, at, file.stat().st_size, is_encrypted=False, started_at=at, source=source_of(target),
        contents=BackupContents(names, objects),
    )  # fmt: skip


def globals_of(target: Target, *, at: datetime = CLOCK) -> BackupRecord:
    """Return a record of what pg_dumpall writes of the server's roles."""
    text = _run(target, "pg_dumpall", "--globals-only")
    names = {ContentKind.ROLE: frozenset(name.strip('"') for name in _ROLE.findall(text))}
    return BackupRecord("globals", at, len(text), is_encrypted=False, started_at=at, contents=BackupContents(names, 0))


def source_of(target: Target) -> BackupSource:
    """Return what the server says of itself now."""
    with closing(psycopg.connect(target.url())) as connection:
        row = connection.execute(_SOURCE).fetchone()
        extensions = connection.execute("SELECT extname, extversion FROM pg_extension").fetchall()
        number = connection.info.server_version
    assert row is not None
    return BackupSource(
        "postgresql", (number // 10_000, number % 10_000), row[0], Collation(row[1], row[2]),
        extensions=dict(extensions),
    )  # fmt: skip


def copied(file: Path, folder: Path) -> BackupRecord:
    """Copy a SQLite file by the backup interface, and return a record of what is in the copy."""
    with closing(sqlite3.connect(file)) as origin, closing(sqlite3.connect(folder / "copy.db")) as copy:
        origin.backup(copy)
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        (encoding,) = copy.execute("PRAGMA encoding").fetchone()
        (page_bytes,) = copy.execute("PRAGMA page_size").fetchone()
    names = {kind: frozenset[str]() for kind in ContentKind}
    names |= {ContentKind.DATABASE: frozenset({file.name})}
    names |= dict.fromkeys((ContentKind.TABLE, ContentKind.ROWS), frozenset(tables))
    major, minor, _ = sqlite3.sqlite_version_info
    return BackupRecord(
        "daily", CLOCK, (folder / "copy.db").stat().st_size, is_encrypted=False, started_at=CLOCK, form=BackupForm.FILE,
        source=BackupSource("sqlite", (major, minor), encoding, page_bytes=page_bytes),
        contents=BackupContents(names),
    )  # fmt: skip


def of_source(record: BackupRecord, *, form: BackupForm | None = None, **changed: object) -> BackupRecord:
    """Return a record of a backup that was made of another server."""
    assert record.source is not None
    source = replace(record.source, **changed)  # type: ignore[arg-type]  # by name
    return replace(record, source=source, form=form or record.form)


def _run(target: Target, program: str, *arguments: str) -> str:
    tool = find_dump_tool(target.server.major, bindirs=BINDIRS).path.with_name(program)
    place = () if program == "pg_restore" else ("--no-password",)
    variables = libpq_variables(target.url(), application="backup")
    done = subprocess.run(
        [tool, *place, *arguments], env=variables, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _entry(line: str) -> dict[str, str] | None:
    found = _ENTRY.match(line)
    return found.groupdict() if found else None


def _named(entry: dict[str, str], kind: ContentKind) -> str:
    return entry["name"] if kind is ContentKind.EXTENSION else f"{entry['schema']}.{entry['name']}"
