"""Which columns of a project's models are encrypted: told by a process that imports them, kept until a file changes."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.core.codec import from_json
from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.encryption import EncryptedColumn, EncryptedColumns
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.operations.build import BuildOrder, Built, stamp_of
from pytest_dbops.operations.build_orders import url_variables
from pytest_dbops.operations.child import run_child
from pytest_dbops.operations.shared import SharedPieces

_CHILD = "pytest_dbops.operations.encryption.columns_child"
_LIMIT_S = 120.0


def shared_columns(config: Config, pieces: SharedPieces) -> EncryptedColumns:
    """Return what `read_columns` returns, read once a run."""
    return pieces.get("encrypted-columns", EncryptedColumns, lambda: read_columns(config))


def read_columns(config: Config) -> EncryptedColumns:
    """Return the encrypted columns of the models; connects nowhere. What keeps them from being known is its `problem`.

    The models are imported when one of the files that they import has changed, or a library.
    """
    reference = config.project.metadata
    if not reference:
        return EncryptedColumns()
    order = BuildOrder(root=config.root, metadata=reference)
    file = config.root / ".dbops" / "encrypted-columns.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(file.read_bytes())
        if kept["stamp"] == stamp_of(order, _built(kept)):
            return _parsed(kept)
    try:
        told = _told(config, reference)
    except DbopsError as err:
        return EncryptedColumns(problem=" ".join(str(err).split()))
    kept = {**told, "stamp": stamp_of(order, _built(told))}
    try:
        file.parent.mkdir(exist_ok=True)
        write_durably(file, json.dumps(kept).encode())
    except OSError as err:
        logger_of("compliance").info("the encrypted columns are not kept: %s", err.strerror)
    return _parsed(told)


def _told(config: Config, reference: str) -> dict[str, Any]:
    variables = url_variables(config)
    request = {"root": str(config.root), "metadata": reference, "variables": variables, "url": "sqlite://"}
    ended = run_child(
        _CHILD, request, cwd=config.root, without=variables, hear=lambda _: None, limit_s=_LIMIT_S
    )  # fmt: skip
    return dict(ended.done(config.mask, "the process that imports the models"))


def _built(told: dict[str, Any]) -> Built:
    return Built((), tuple(told["files"]), (), tuple(told["libraries"]))


def _parsed(told: dict[str, Any]) -> EncryptedColumns:
    return EncryptedColumns(tuple(from_json(EncryptedColumn, each) for each in told["columns"]))
