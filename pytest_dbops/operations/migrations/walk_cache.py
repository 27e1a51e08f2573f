"""What earlier walks have judged, kept in `.dbops/` by the names of `walk_keys`; losing it costs time and nothing else.

A revision that does not apply, and what follows it, is judged anew each time: that may be the machine's fault.
"""

from __future__ import annotations

import json
from dataclasses import field
from pathlib import Path

from pytest_dbops.config.logs import logger_of
from pytest_dbops.core.codec import from_json, to_compact_json
from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.finding import JsonValue
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.walk import Walk, WalkedRevision
from pytest_dbops.operations.migrations.walk_keys import Keys, Seen

FOLDER = "walks"
_SCHEMA = 1
_MOST = 4000
# What these say may have come of the machine: a full disk, a lost connection, a process that was killed.
_PASSING = frozenset(
    {
        "ProcessEnded",
        "OperationalError",
        "InterfaceError",
        "InternalError",
        "MemoryError",
        "OSError",
        "TimeoutError",
        "DiskFull",
        "OutOfMemory",
        "TooManyConnections",
        "AdminShutdown",
        "CrashShutdown",
        "QueryCanceled",
        "DeadlockDetected",
        "LockNotAvailable",
    }
)


@frozen
class Kept:
    """What one file of the cache holds.

    seen: what the last walk imported and read; common: what all its revisions shared; counted: those that the
    baseline stands for; server: as the walk called it. judged: by name; texts: the same as it is written.
    """

    schema: int = _SCHEMA
    seen: Seen = field(default_factory=Seen)
    common: str = ""
    counted: tuple[str, ...] = ()
    server: str = ""
    judged: dict[str, WalkedRevision] = field(default_factory=dict)
    texts: dict[str, JsonValue] = field(default_factory=dict)


def cache_file(root: Path, dialect: str) -> Path:
    """Return where the walks on a product are kept."""
    return root / ".dbops" / FOLDER / f"{dialect}.json"


def load_kept(file: Path) -> Kept:
    """Return what is kept; nothing, where it is not there or was written by another version."""
    try:
        read = json.loads(file.read_bytes())
        kept = Kept(
            schema=read["schema"], seen=from_json(Seen, read["seen"]), common=read["common"],
            counted=tuple(read["counted"]), server=read["server"],
            judged={name: from_json(WalkedRevision, each) for name, each in read["judged"].items()},
            texts=read["judged"],
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Kept()
    return kept if kept.schema == _SCHEMA else Kept()


def load_seen(file: Path) -> Seen:
    """Return what the last walk imported and read; nothing, where that is not kept."""
    try:
        read = json.loads(file.read_bytes())
        return from_json(Seen, read["seen"]) if read["schema"] == _SCHEMA else Seen()
    except (OSError, ValueError, KeyError, TypeError):
        return Seen()


def keep(file: Path, walk: Walk, keys: Keys, seen: Seen, before: Kept) -> None:
    """Add what a walk has judged to what was kept; a folder that cannot be written is noted in the log."""
    fresh = {
        keys.by_revision[each.revision]: each for each in _lasting(walk) if each.revision in keys.by_revision
    }  # the newest last, so that the oldest go first
    judged = {name: each for name, each in before.judged.items() if name not in fresh} | fresh
    text = {
        "schema": _SCHEMA, "seen": to_compact_json(seen), "common": keys.common, "counted": list(walk.counted),
        "server": walk.server,
        "judged": {name: _written(name, each, before) for name, each in list(judged.items())[-_MOST:]},
    }  # fmt: skip
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, json.dumps(text).encode())
    except OSError as err:
        logger_of("migrations").info("what was judged is not kept: %s: %s", file, err.strerror)


def _written(name: str, judged: WalkedRevision, before: Kept) -> JsonValue:
    """Return the text of a judgement; of one that was kept before, that which was read."""
    return before.texts[name] if before.judged.get(name) is judged else to_compact_json(judged)


def _lasting(walk: Walk) -> list[WalkedRevision]:
    """Return the revisions whose judgement would be the same again."""
    lost: set[str] = set()
    found = []
    for each in walk.revisions:
        if not each.is_applied or lost.intersection((*each.down, *each.depends_on)):
            lost.add(each.revision)
        elif not each.unjudged and not any(step.failure and step.failure.kind in _PASSING for step in each.steps):
            found.append(each)
    return found
