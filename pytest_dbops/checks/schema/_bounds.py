"""Bounds of partitions, read from the server's wording."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from pytest_dbops.core.catalog import Table
from pytest_dbops.core.frozen import frozen

_RANGE = re.compile(r"FOR VALUES FROM \('?([^',()]+)'?\) TO \('?([^',()]+)'?\)")
_HASH = re.compile(r"FOR VALUES WITH \(modulus (\d+), remainder (\d+)\)", re.IGNORECASE)


@frozen
class Span:
    """A range of time, the end not included."""

    start: datetime
    end: datetime
    start_text: str
    end_text: str

    @property
    def following_text(self) -> str:
        """The end of the range of the same length that would follow; months count as months."""
        following = self._next_month() if self.start.day == self.end.day == 1 else self.end + (self.end - self.start)
        return following.date().isoformat() if len(self.end_text) == len("2024-01-01") else following.isoformat(" ")

    def _next_month(self) -> datetime:
        months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
        years, month = divmod(self.end.month - 1 + months, 12)
        return self.end.replace(year=self.end.year + years, month=month + 1)


@frozen
class Numbers:
    """A range of whole numbers, the end not included."""

    start: int
    end: int

    @property
    def start_text(self) -> str:
        """The first number, as text."""
        return str(self.start)

    @property
    def end_text(self) -> str:
        """The number after the last, as text."""
        return str(self.end)


Range = Span | Numbers


@frozen
class HashBound:
    """Which keys a partition by hash takes."""

    modulus: int
    remainder: int


def range_of(partition: Table) -> Range | None:
    """Return the range of a partition by one column of time or whole numbers; None for any other."""
    match = _RANGE.fullmatch(partition.partition_bound or "")
    if match is None:
        return None
    start, end = match.groups()
    if re.fullmatch(r"-?\d+", start) and re.fullmatch(r"-?\d+", end):
        return Numbers(int(start), int(end))
    try:
        return Span(_moment(start), _moment(end), start, end)
    except ValueError:
        return None


def hash_bound(partition: Table) -> HashBound | None:
    """Return which keys a partition by hash takes; None for any other."""
    match = _HASH.fullmatch(partition.partition_bound or "")
    return HashBound(int(match.group(1)), int(match.group(2))) if match else None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
