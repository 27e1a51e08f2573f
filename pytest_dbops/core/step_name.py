"""The steps by which a revision is rehearsed; what a check names before anything was rehearsed."""

from __future__ import annotations

from enum import StrEnum


class StepName(StrEnum):
    """The steps of one revision's rehearsal, in their order."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    UPGRADE_AGAIN = "upgrade again"
