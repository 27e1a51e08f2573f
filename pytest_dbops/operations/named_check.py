"""Find a check by whatever a user calls it: its code, its name, or a node id as it was printed."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_dbops.config.nearest import nearest_hint
from pytest_dbops.core.check import Check
from pytest_dbops.core.errors import UsageError


def named_check(checks: Sequence[Check], wanted: str) -> Check:
    """Return the check called `wanted`: `SCH003`, `sch003`, `name`, `schema::name`, `dbops.toml::schema::name`.

    Raises UsageError with the nearest code or name.
    """
    end = "::".join(wanted.split("::")[-2:])
    for check in checks:
        if wanted.upper() == check.code or end in (check.name, f"{check.category}::{check.name}"):
            return check
    codes, names = [check.code for check in checks], [check.name for check in checks]
    near = nearest_hint(wanted.upper(), codes) or nearest_hint(wanted.rpartition("::")[2], names)
    raise UsageError(f"there is no check {wanted!r}{near} (see: dbops checks list)")
