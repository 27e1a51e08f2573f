"""Erase what entries hold, as a person's right to be forgotten asks; the trail records it, and its seals still hold."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.core.errors import UsageError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.operations.audit.opened import (
    finish_interrupted,
    open_trail,
    open_writer,
    refuse_by_policy,
    refuse_removing,
    refuse_standby,
    require_log,
)
from pytest_dbops.operations.child import Progress


@frozen
class Erased:
    """How many of the entries that were named lost what they held; the others held nothing, or are not there."""

    environment: str
    named: int
    erased: int


def erase(
    config: Config, name: str | None, ids: Sequence[int], *, actor: str, reason: str, progress: Progress
) -> Erased:  # fmt: skip
    """Take the old and new values out of these entries, and add one that says so, in one transaction.

    Who, when, which row and which operation stay. Raises PolicyRefused where nothing may be removed.
    """
    environment = refuse_by_policy(config, name)
    refuse_removing(environment)
    if not reason.strip():
        raise UsageError("an erasure needs a reason, which the trail keeps (--reason TEXT)")
    finish_interrupted(config, environment)
    with open_trail(config, name, progress=progress) as opened:
        require_log(opened)
        refuse_standby(opened)
        used, url = opened.environment, opened.url
    with open_writer(used, url) as writer:
        erased = writer.erase(sorted(set(ids)), actor, reason)
    logger_of("compliance").info("%s: %s audit entries erased by %s", used.name, erased, actor)
    return Erased(used.name, len(set(ids)), erased)
