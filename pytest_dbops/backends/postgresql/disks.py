"""How much room is left where a server keeps its files; known only of a server on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def read_disks(
    host: str, settings: Mapping[str, str], tablespaces: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return name, folder, bytes and free bytes of each folder of the server that is on this machine.

    host: as the session's identity has it; a path is the socket's, and then the server is here.
    Empty for a server elsewhere, for one in a container, and where the role does not see `data_directory`.
    """
    if not host.startswith("/"):
        return []
    folders = {"data": settings.get("data_directory", "")}
    if folders["data"]:
        folders["wal"] = str(Path(folders["data"]) / "pg_wal")
    folders |= {row["name"]: row["location"] for row in tablespaces}
    return [row for name, folder in folders.items() if (row := _room(name, folder))]


def _room(name: str, folder: str) -> dict[str, Any]:
    try:
        room = os.statvfs(folder)
    except OSError:
        return {}
    if not folder or not room.f_blocks:
        return {}
    return {
        "name": name,
        "folder": folder,
        "bytes": room.f_blocks * room.f_frsize,
        "free_bytes": room.f_bavail * room.f_frsize,
    }
