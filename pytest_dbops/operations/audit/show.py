"""Show the newest entries of a trail."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_dbops.config.model import Config
from pytest_dbops.core.audit.entry import Entry
from pytest_dbops.core.frozen import frozen
from pytest_dbops.operations.audit.opened import open_trail, require_log
from pytest_dbops.operations.child import Progress


@frozen
class ShownEntry:
    """An entry without its salt; is_sealed: whether a seal holds it."""

    entry: Entry
    is_sealed: bool


def show(
    config: Config, name: str | None, *, progress: Progress, most: int = 20, narrowed: Mapping[str, str] | None = None
) -> tuple[ShownEntry, ...]:
    """Return the newest entries first; narrowed: column of an entry to the value it must have."""
    with open_trail(config, name, progress=progress) as opened:
        require_log(opened)
        sealed_up_to = opened.installed.standing.up_to_id
        found = opened.product.trail(opened.session).newest(most, narrowed or {})
    return tuple(ShownEntry(each, each.id <= sealed_up_to) for each in found)
