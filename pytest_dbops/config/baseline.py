"""The file of known findings: written once by a project that adopts the gate, read by every later run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pytest_dbops.config.document import read_text
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.finding import Finding, Fingerprint

SCHEMA_VERSION = 1
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_WAY_OUT = "(run: dbops baseline write)"


def load_baseline(path: Path) -> frozenset[Fingerprint]:
    """Return the fingerprints of the known findings; raises ConfigError for a file that is none of ours."""
    text = read_text(path)
    try:
        content: Any = json.loads(text)
    except json.JSONDecodeError as err:
        raise ConfigError(f"{path.name}:{err.lineno}: not valid JSON: {err.msg.lower()} {_WAY_OUT}") from None
    except RecursionError:
        raise ConfigError(f"{path}: lists are nested too deeply; not a baseline {_WAY_OUT}") from None
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != SCHEMA_VERSION or not isinstance(content.get("findings"), list):
        raise ConfigError(f"{path} is no baseline of schema version {SCHEMA_VERSION} {_WAY_OUT}")
    return frozenset(_fingerprint(item, number, path) for number, item in enumerate(content["findings"], 1))


def write_baseline(path: Path, findings: Iterable[Finding]) -> int:
    """Replace the baseline at `path` by one of these findings, sorted; returns how many there are.

    The old file stays whole when writing fails. Raises ConfigError when the place cannot be written, and for
    what `refuse_other_file` refuses.
    """
    refuse_other_file(path)
    known = {finding.fingerprint: finding for finding in findings}
    ordered = sorted(known.items(), key=lambda item: (item[1].code, item[1].subject, item[0]))
    content = {
        "schema_version": SCHEMA_VERSION,
        "findings": [
            {"code": finding.code, "subject": finding.subject, "message": finding.message, "fingerprint": fingerprint}
            for fingerprint, finding in ordered
        ],
    }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    try:
        # A lone surrogate, which UTF-8 cannot hold, becomes its JSON escape.
        _replace_file(path, text.encode("utf-8", "backslashreplace"))
    except OSError as err:
        raise ConfigError(f"cannot write {path}: {err.strerror or 'not writable'}") from None
    return len(ordered)


def refuse_other_file(path: Path) -> None:
    """Raise ConfigError unless `path` is free in a folder that exists, or already a baseline.

    A command that is about to spend minutes on findings asks this first.
    """
    if not path.parent.is_dir():
        raise ConfigError(f"cannot write {path}: there is no folder {str(path.parent)!r} (make it first)")
    if not path.exists():
        return
    try:
        load_baseline(path)
    except ConfigError:
        raise ConfigError(f"{path} is there and is no baseline; it is not overwritten (name another file)") from None


def _fingerprint(item: object, number: int, path: Path) -> Fingerprint:
    value = item.get("fingerprint") if isinstance(item, dict) else None
    if not isinstance(value, str) or not _FINGERPRINT.fullmatch(value):
        raise ConfigError(f"{path}: finding {number} has no fingerprint of 16 hex digits {_WAY_OUT}")
    return Fingerprint(value)


def _replace_file(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
