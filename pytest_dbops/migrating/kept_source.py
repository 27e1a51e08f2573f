"""The source of a revision as the journal keeps it, and whether what is in the file now does the same."""

from __future__ import annotations

import ast
import base64
import binascii
import io
import json
import tokenize
import warnings
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.revision_source import digest_of_parts, files_beside


@frozen
class KeptSource:
    """A revision's file as text, and the files it names beside itself: a JSON object of name and base64, or empty."""

    text: str
    beside: str = ""


def keep_source(path: Path) -> KeptSource:
    """Return what is to be kept of a revision's file; raises CannotJudge when it cannot be read."""
    try:
        raw = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        text = raw.decode(encoding).replace("\0", "")
        beside = list(files_beside(_parsed(text), path.parent))
    except (OSError, SyntaxError, ValueError) as err:
        raise CannotJudge(f"revision file {path.name} cannot be read: {err}") from err
    told = {name: base64.b64encode(content).decode() for name, content in beside}
    return KeptSource(text, json.dumps(told) if told else "")


def kept_digest(kept: KeptSource) -> str:
    """Return the digest of a kept source under this interpreter, comparable with that of `Revision`.

    Raises CannotJudge when it is no Python any more, as a newer interpreter may think of an old file.
    """
    try:
        files = json.loads(kept.beside) if kept.beside else {}
        return digest_of_parts(
            _parsed(kept.text), [(name, base64.b64decode(content)) for name, content in files.items()]
        )
    except (SyntaxError, ValueError, binascii.Error, AttributeError) as err:
        raise CannotJudge(f"the kept source is no Python for this interpreter: {err}") from err


def _parsed(text: str) -> ast.Module:
    # A text that was decoded by its cookie is no longer in that encoding.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)
