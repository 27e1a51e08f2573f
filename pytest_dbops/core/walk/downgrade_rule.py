"""What a project asks of its downgrades."""

from __future__ import annotations

from enum import StrEnum


class DowngradeRule(StrEnum):
    """REQUIRED: each revision can be taken back. DECLARED: one that cannot has a downgrade that raises, best with the
    reason. IGNORED: downgrades are not judged.
    """

    REQUIRED = "required"
    DECLARED = "declared"
    IGNORED = "ignored"
