"""The process that measures one revision on a scratch database of ours (see `confined.py`)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.observed import Observation, ObservedStatement
from pytest_dbops.migrating.filling.multiply import Variety
from pytest_dbops.migrating.measuring.measure import MeasureOrder, measure_revision
from pytest_dbops.operations.confined import Say, run_confined
from pytest_dbops.operations.walk_child import means_for


def main() -> int:
    """Measure as asked on standard input; says each run as it ends."""
    return run_confined(measure, "the revision cannot be measured")


def measure(order: dict[str, Any], root: Path, say: Say) -> dict[str, object]:
    """Measure the revision of the order."""
    asked = MeasureOrder(
        location=root / order["migrations"], url=str(order["url"]), root=root, revision=order["revision"],
        before=order["before"], sizes=order["sizes"], repeats=order["repeats"], variety=Variety(order["variety"]),
    )  # fmt: skip
    with means_for(asked.url, order["metadata"]) as means:
        measure_revision(asked, means, _Saying(say, is_sqlite=_is_sqlite(asked.url)))
    return {}


@frozen
class _Saying:
    """Says what happens, one object a line."""

    say: Say
    is_sqlite: bool

    def progress(self, text: str) -> None:
        """Say what takes its time."""
        self.say({"progress": text})

    def ran(self, step: int, rows: Mapping[str, int], whole_ms: float, observation: Observation) -> None:
        """Say what one run took, statement by statement; one that was repeated in a row is one."""
        told: list[dict[str, Any]] = []
        for each in observation.statements:
            if told and told[-1]["sql"] == each.sql:
                told[-1]["ms"] += each.duration_ms
                told[-1]["may_grow"] = True
            else:
                may_grow = self.is_sqlite or _touches_rows(each)
                told.append({"sql": each.sql, "line": each.line, "ms": each.duration_ms, "may_grow": may_grow})
        self.say({"step": step, "rows": dict(rows), "whole_ms": whole_ms, "statements": told})


def _touches_rows(statement: ObservedStatement) -> bool:
    """Whether a statement was seen to work on rows, or could not be looked at."""
    is_known = statement.is_observed and statement.times == 1
    return not is_known or bool(statement.scans or statement.rewrites or statement.changed)


def _is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


if __name__ == "__main__":
    sys.exit(main())
