"""Findings of a trial of tenants."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.finding import Finding

if TYPE_CHECKING:
    from pytest_dbops.core.tenancy import Attempt, Isolation


def leaks_by(isolation: Isolation, attempts: Collection[Attempt], *, hint: str) -> Iterator[Finding]:
    """Yield a finding for each attempt of these that was not refused."""
    for leak in isolation.leaks:
        if leak.attempt in attempts:
            yield Finding(
                leak.subject,
                f"{leak.subject!r}: a tenant may {leak.attempt.value}, as {isolation.role}: {leak.told}",
                hint=hint,
                identity=leak.attempt.name,
            )
