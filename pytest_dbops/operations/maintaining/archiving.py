"""Move old rows to a file: copy them, read the copy back, and delete what it proves to hold.

The file is lines of JSON, compressed: a header, a row each, and a last line with their number and SHA-256. It is
written beside its name and renamed when it is complete; rows are deleted by what was read back from it, and only those
that are still what they were.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from pytest_dbops.core.durable import sync_folder
from pytest_dbops.core.errors import Blocked, CannotJudge
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.maintenance.archive import CopiedRow, Key, OldRows
from pytest_dbops.core.maintenance.worker import OutOfTime, Patience, Worker

FORMAT, VERSION = "dbops archive", 1
MOST_ROWS = 50_000
"""As many rows a run; the next takes the rest."""
_BATCH_ROWS = 500
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@frozen
class Archived:
    """What became of old rows: how many are in a file that was read back, and how many of those are deleted here."""

    file: Path
    sha256: str
    copied: int
    deleted: int


def archive_rows(
    worker: Worker, old: OldRows, folder: Path, run: str, patience: Patience, left_s: Callable[[], float]
) -> Archived:
    """Copy, verify, delete; raises what the worker does, and Blocked where the file cannot be written or read back."""
    file = folder / f"{_UNSAFE.sub('_', old.display)}-before-{old.cutoff}-{run}.jsonl.gz"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest, copied = _write(worker, old, file, run)
        rows = verified_rows(file, digest, copied)
    except OSError as err:
        raise Blocked(f"the copy {file.name!r} cannot be made: {err.strerror}; nothing was deleted") from err
    deleted = 0
    for start in range(0, len(rows), _BATCH_ROWS):
        if left_s() <= 0:
            raise OutOfTime(f"its time was up: {deleted} of {copied} rows that are in {file.name!r} were deleted")
        deleted += worker.delete_old(old, rows[start : start + _BATCH_ROWS], patience)
    return Archived(file, digest, copied, deleted)


def verified_rows(file: Path, digest: str, rows: int) -> list[CopiedRow]:
    """Return the rows of a copy after reading all of it back; raises Blocked when it is not what was written."""
    try:
        found, told, hashed = _read_back(file)
    except (EOFError, OSError, ValueError, KeyError, TypeError, zlib.error) as err:
        raise Blocked(f"the copy {file.name!r} cannot be read back ({err}); nothing was deleted") from err
    if (told.get("rows"), told.get("sha256"), hashed, len(found)) != (rows, digest, digest, rows):
        raise Blocked(f"the copy {file.name!r} is not what was written to it; nothing was deleted (look at the disk)")
    return found


def _read_back(file: Path) -> tuple[list[CopiedRow], dict[str, object], str]:
    """Return the rows of a file, its last line, and what the rows hash to."""
    hashed = hashlib.sha256()
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as copy:
        _, *lines, last = copy  # to the end, where the compressed stream proves itself
    rows = []
    for line in lines:
        hashed.update(line.encode())
        told = json.loads(line)
        rows.append(CopiedRow(tuple(told["key"]), told["row"]))
    return rows, json.loads(last), hashed.hexdigest()


def _write(worker: Worker, old: OldRows, file: Path, run: str) -> tuple[str, int]:
    part = file.with_name(f".{file.name}.part")
    hashed, number = hashlib.sha256(), 0
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as raw:
            with gzip.open(raw, "wt", encoding="utf-8", newline="\n") as copy:
                copy.write(_header(old, run))
                for row in _read(worker, old):
                    line = json.dumps({"key": row.key, "row": row.text}, ensure_ascii=False) + "\n"
                    copy.write(line)
                    hashed.update(line.encode())
                    number += 1
                copy.write(json.dumps({"rows": number, "sha256": hashed.hexdigest()}) + "\n")
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(file)
        sync_folder(file.parent)
    except UnicodeError as err:
        raise CannotJudge(f"rows of {old.display!r} hold text that is no UTF-8, so they are not copied") from err
    finally:
        part.unlink(missing_ok=True)
    return hashed.hexdigest(), number


def _read(worker: Worker, old: OldRows) -> Iterator[CopiedRow]:
    after: Key | None = None
    for _ in range(MOST_ROWS // _BATCH_ROWS):
        rows = worker.read_old(old, after, _BATCH_ROWS)
        yield from rows
        if len(rows) < _BATCH_ROWS:
            return
        after = rows[-1].key


def _header(old: OldRows, run: str) -> str:
    return json.dumps({
        "format": FORMAT, "version": VERSION, "table": old.display, "columns": old.columns, "key": old.key,
        "column": old.rule.column, "before": old.cutoff, "run": run, "made_at": datetime.now(UTC).isoformat(),
    }) + "\n"  # fmt: skip
