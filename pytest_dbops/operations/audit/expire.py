"""Remove entries of months that need not be kept any longer; the trail records it, and what is left still verifies."""

from __future__ import annotations

import re
from datetime import datetime

from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.core.audit.months import month_beside
from pytest_dbops.core.audit.records import Expired
from pytest_dbops.core.errors import PolicyRefused, UsageError
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

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@frozen
class ExpiredMonths:
    """What was removed, or would be: months before `before`, each with its first and last entry and their number."""

    environment: str
    before: str
    months: tuple[Expired, ...]
    is_dry_run: bool


def expire(
    config: Config, name: str | None, *, before: str, actor: str, reason: str, now: datetime, progress: Progress,
    is_dry: bool = False,
) -> ExpiredMonths:  # fmt: skip
    """Remove sealed entries of the months before one, `2026-01`; empty: before what `[audit] keep_months` keeps.

    Raises PolicyRefused where nothing may be removed, or `keep_months` keeps what is asked for.
    """
    month = _month_of(config, before, now)
    environment = refuse_by_policy(config, name)
    if not is_dry:
        refuse_removing(environment)
    finish_interrupted(config, environment)
    with open_trail(config, name, progress=progress) as opened:
        require_log(opened)
        refuse_standby(opened)
        used, url = opened.environment, opened.url
    with open_writer(used, url) as writer:
        found = writer.expirable(month) if is_dry else writer.expire(month, actor, reason)
    if found and not is_dry:
        logger_of("compliance").info("%s: audit entries before %s removed by %s", used.name, month, actor)
    return ExpiredMonths(used.name, month, found, is_dry)


def _month_of(config: Config, before: str, now: datetime) -> str:
    kept = config.audit.keep_months
    oldest = month_beside(f"{now:%Y-%m}", -(kept or 0))
    if not before:
        if not kept:
            raise UsageError("how long entries are kept is not said (--before YYYY-MM, or [audit] keep_months = 120)")
        return oldest
    if not _MONTH.fullmatch(before):
        raise UsageError(f"--before {before[:40]!r} is no month; write it as in 2026-01")
    if before > oldest:
        raise PolicyRefused(
            f"policy 'keep_months': entries from {oldest} on are kept ([audit] keep_months = {kept})"
            if kept
            else f"policy 'keep_months': the month {oldest} is not over"
        )
    return before
