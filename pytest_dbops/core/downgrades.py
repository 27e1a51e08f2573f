"""What a downgrade does, as it is written, and what a project asks of it; known before any revision is walked."""

from __future__ import annotations

from enum import StrEnum


class Downgrade(StrEnum):
    """What a revision's file has for a downgrade, as it is written."""

    WRITTEN = "written"
    EMPTY = "empty"
    MISSING = "missing"
    REFUSES = "refuses"
    """It does nothing but raise: the revision is declared irreversible."""


class DowngradeRule(StrEnum):
    """REQUIRED: each revision can be taken back. DECLARED: one that cannot has a downgrade that raises, best with the
    reason. IGNORED: downgrades are not judged.
    """

    REQUIRED = "required"
    DECLARED = "declared"
    IGNORED = "ignored"
