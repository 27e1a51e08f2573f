"""What the functions and triggers of a trail are for."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What an object of the trail is for."""

    RECORDS = "records changes"
    REFUSES = "refuses changes of the log"
    FUNCTION = "function"
