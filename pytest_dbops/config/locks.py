"""The table `[env.NAME.locks]`: how many rows a migration may lock in each mode, and for how long."""

from __future__ import annotations

from pytest_dbops.config.nearest import nearest_hint
from pytest_dbops.config.shapes import Shape, Unfit, flag
from pytest_dbops.config.table import Key, Source, Table
from pytest_dbops.core.locks.budget import Allowance, LockBudget

UNLIMITED = "unlimited"
_EXAMPLE = "{ rows = 10_000, ms = 1_000 }"
_PARTS = ("rows", "ms")


def allowance() -> Shape[Allowance | None]:
    """`{ rows = 10_000, ms = 1_000 }`, or `"unlimited"`."""

    def parse(value: object) -> Allowance | None:
        if value == UNLIMITED:
            return None
        if not isinstance(value, dict):
            raise Unfit(f'{_EXAMPLE} or "{UNLIMITED}" is needed')
        for name in value:
            if name not in _PARTS:
                raise Unfit(f"there is no {name!r} in it{nearest_hint(name, _PARTS)}; {_EXAMPLE} is needed")
        if set(value) != set(_PARTS) or not all(_is_count(number) for number in value.values()):
            raise Unfit(f"whole numbers from 0 up are needed for both, as in {_EXAMPLE}")
        return Allowance(rows=value["rows"], ms=value["ms"])

    return Shape(f'`{{ rows, ms }}` or `"{UNLIMITED}"`', parse)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _key(name: str, meaning: str, example: str = _EXAMPLE) -> Key[Allowance | None]:
    return Key(name, allowance(), meaning, "by kind", f"{name} = {example}")


ACCESS_EXCLUSIVE = _key("access_exclusive", "ACCESS EXCLUSIVE, for which reads, writes and DDL wait")
EXCLUSIVE = _key("exclusive", "EXCLUSIVE, for which writes and DDL wait")
SHARE_ROW_EXCLUSIVE = _key("share_row_exclusive", "SHARE ROW EXCLUSIVE, for which writes and DDL wait")
SHARE = _key("share", "SHARE, for which writes and DDL wait")
SHARE_UPDATE_EXCLUSIVE = _key(
    "share_update_exclusive", "SHARE UPDATE EXCLUSIVE, for which DDL and VACUUM wait", f'"{UNLIMITED}"'
)
ROW_EXCLUSIVE = _key(
    "row_exclusive", "rows that one statement updates or deletes, for which their writers wait",
    "{ rows = 100_000, ms = 10_000 }",
)  # fmt: skip
NEEDS_LOCK_TIMEOUT = Key(
    "needs_lock_timeout", flag(), "whether a lock for which writes wait has to be asked for with a `lock_timeout`",
    "false", "needs_lock_timeout = true",
)  # fmt: skip
LOCKS = Table(
    "env.NAME.locks",
    "What a migration may lock: a mode on a table of more than `rows` rows for at most `ms` milliseconds, judged on"
    " the forecast at the target's own sizes. Smaller tables may be locked for as long as it takes.",
    (ACCESS_EXCLUSIVE, EXCLUSIVE, SHARE_ROW_EXCLUSIVE, SHARE, SHARE_UPDATE_EXCLUSIVE, ROW_EXCLUSIVE,
     NEEDS_LOCK_TIMEOUT),
)  # fmt: skip


def read_locks(source: Source, name: str, default: LockBudget, origin: str) -> LockBudget:
    """Return the budget of one environment: the kind's, overridden mode by mode."""
    section = source.section(LOCKS, "env", name, "locks")
    return LockBudget(
        access_exclusive=section.read(ACCESS_EXCLUSIVE, default.access_exclusive, origin=origin),
        exclusive=section.read(EXCLUSIVE, default.exclusive, origin=origin),
        share_row_exclusive=section.read(SHARE_ROW_EXCLUSIVE, default.share_row_exclusive, origin=origin),
        share=section.read(SHARE, default.share, origin=origin),
        share_update_exclusive=section.read(SHARE_UPDATE_EXCLUSIVE, default.share_update_exclusive, origin=origin),
        row_exclusive=section.read(ROW_EXCLUSIVE, default.row_exclusive, origin=origin),
        needs_lock_timeout=section.read(NEEDS_LOCK_TIMEOUT, default.needs_lock_timeout, origin=origin),
    )
