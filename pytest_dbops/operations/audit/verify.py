"""Verify a trail, read-only, first entry to last; an anchor that was kept elsewhere is looked for."""

from __future__ import annotations

import re

from pytest_dbops.config.model import Config
from pytest_dbops.core.audit.verifying import Verified, verify_trail
from pytest_dbops.core.errors import UsageError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.operations.audit.opened import open_trail, require_log
from pytest_dbops.operations.child import Progress

_ANCHOR = re.compile(r"[0-9a-fA-F]{64}")


@frozen
class TrailVerified:
    """What a verification found in an environment; is_late: whether an entry has waited too long for its seal."""

    environment: str
    verified: Verified
    is_late: bool


def verify(config: Config, name: str | None, *, progress: Progress, anchor: str = "") -> TrailVerified:
    """Verify the trail of an environment; raises Blocked where there is none, UsageError for what is no hash."""
    if anchor and not _ANCHOR.fullmatch(anchor):
        raise UsageError(
            f"--anchor {anchor[:80]!r} is no hash; 64 hex digits are needed, as dbops audit seal prints them"
        )
    with open_trail(config, name, progress=progress) as opened:
        require_log(opened)
        progress("verifying the audit trail")
        found = verify_trail(opened.product.trail(opened.session), anchor=anchor.lower())
    is_late = found.waiting.oldest_s > config.audit.seal_within_s
    return TrailVerified(opened.environment.name, found, is_late)
