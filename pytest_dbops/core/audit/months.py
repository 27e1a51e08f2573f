"""Months as the trail writes them, `2026-11`: the one after, those ahead, those behind."""

from __future__ import annotations


def months_from(month: str, ahead: int) -> tuple[str, ...]:
    """Return a month and those after it."""
    return tuple(month_beside(month, count) for count in range(ahead + 1))


def month_beside(month: str, count: int) -> str:
    """Return the month so many after one, or before it where the count is negative: `2026-12` and 1 are `2027-01`."""
    year, number = (int(part) for part in month.split("-"))
    whole = year * 12 + number - 1 + count
    return f"{whole // 12:04d}-{whole % 12 + 1:02d}"
