"""Counters of one moment, as they are kept between runs: numbers and names of statistics, never a value of a row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pytest_dbops.core.codec import from_json, to_compact_json
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics

COUNTERS_KEY = "counters"
"""Under which the samples of an environment are kept in its history."""

_RECENT = 6
_DAYS = 40
_CLOSE_S = 600
_OF_DATABASE = (
    "xact_commit", "xact_rollback", "blks_read", "blks_hit", "conflicts", "temp_files", "temp_bytes", "deadlocks",
    "sessions", "sessions_abandoned", "sessions_fatal", "sessions_killed", "session_time",
)  # fmt: skip
_ROWS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "database_counters": ((), _OF_DATABASE),
    "checkpoint_counters": ((), ("timed", "requested")),
    "wal_counters": ((), ("records", "page_images", "bytes", "buffers_full")),
    "slru_counters": (("name",), ("hits", "reads")),
    "index_activity": (("schema", "table", "name"), ("scans",)),
    "table_activity": (("schema", "name"), ("sequential_scans", "sequential_rows", "updates", "hot_updates")),
    "statements": (("id",), ("calls", "total_ms", "rows", "blocks")),
    "statements_info": ((), ("evictions",)),
}
"""A part of the statistics: the columns that name one of its rows, and those that count."""

OF_ONE_ROW = frozenset(part for part, (named_by, _) in _ROWS.items() if not named_by)
"""Parts that are one row, and are kept of every sample."""

_GAUGES: Mapping[str, tuple[str, ...]] = {"database_size": ("bytes",)}
_COUNTED_WITH = {
    "index_activity": "database_counters",
    "table_activity": "database_counters",
    "statements": "statements_info",
}
_SHARED = ("wal_counters", "archiver")


@frozen
class Sample:
    """The counters of one moment.

    place: which server and database they are of; another one's are never compared.
    counters: `part/row/column` to number. resets: for each part what changes when it is counted anew.
    since: for each part from when on it counts, as the server says; absent where it does not.
    is_whole: what was counted of single tables, indexes and statements is there, too.
    """

    taken_at: str
    place: str
    started_at: str
    counters: Mapping[str, float]
    resets: Mapping[str, str]
    since: Mapping[str, str]
    is_whole: bool = True

    @property
    def moment(self) -> datetime:
        """When it was taken, by the server's clock."""
        return datetime.fromisoformat(self.taken_at)

    @property
    def counts_from(self) -> str:
        """What changes when the server has lost all it had counted: by a crash, or by a reset of what it shares."""
        return max((told.rpartition(" ")[2] for told in self.resets.values()), default="")


@frozen
class Samples:
    """The samples of one environment, oldest first."""

    samples: tuple[Sample, ...] = ()


def sample_of(statistics: Statistics) -> Sample:
    """Return the counters of a snapshot; parts that the role did not see whole are left out."""
    parts = {name: rows for name, rows in statistics.parts.items() if name not in statistics.unreadable}
    since = dict(_since(parts))
    server: Mapping[str, Any] = next(iter(parts.get("server", ())), {})
    return Sample(
        taken_at=statistics.taken_at,
        place=_place(statistics, server),
        started_at=str(server.get("started_at") or ""),
        counters=dict(_counters(parts)),
        resets={part: f"{since.get(part, '')} {_lost_at(parts)}" for part in _ROWS if part in parts},
        since=since,
    )


def samples_in(history: History) -> tuple[Sample, ...]:
    """Return what earlier runs have kept, oldest first; nothing when it cannot be read."""
    text = history.last(COUNTERS_KEY)
    if text is None:
        return ()
    try:
        return from_json(Samples, json.loads(text)).samples
    except ValueError:  # written by another version, or cut off: it is begun anew
        return ()


def with_sample(kept: Sequence[Sample], new: Sample) -> str:
    """Return the text to keep: the new sample, those of the last runs, and one a day of the weeks before."""
    earlier = [sample for sample in kept if sample.moment < new.moment]
    if len(earlier) >= 2 and _seconds(earlier[-2], earlier[-1]) < _CLOSE_S:
        del earlier[-1]  # runs that follow one another closely must not push out the one a rate can be taken from
    recent, older = earlier[-_RECENT:], earlier[:-_RECENT]
    daily = [_thinned(sample) for sample in {sample.taken_at[:10]: sample for sample in older}.values()][-_DAYS:]
    return json.dumps(to_compact_json(Samples((*daily, *recent, new))))


def _thinned(sample: Sample) -> Sample:
    """Return a sample without what was counted of single tables, indexes and statements."""
    shared = {key: value for key, value in sample.counters.items() if "//" in key}
    return replace(sample, counters=shared, is_whole=False)


def _seconds(one: Sample, other: Sample) -> float:
    return (other.moment - one.moment).total_seconds()


def _place(statistics: Statistics, server: Mapping[str, Any]) -> str:
    if statistics.dialect != "postgresql":
        return statistics.dialect
    known = (server.get("system_identifier"), server.get("server_address") or "local", server.get("database"))
    return "/".join(str(each) for each in known)


def _counters(parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[tuple[str, float]]:
    for part, (named_by, columns) in _ROWS.items():
        for row in parts.get(part, ()):
            name = ".".join(str(row[column]) for column in named_by)
            for column in columns:
                if row.get(column) is not None:
                    yield f"{part}/{name}/{column}", float(row[column])
    for part, columns in _GAUGES.items():
        for row in parts.get(part, ()):
            yield from ((f"{part}//{column}", float(row[column])) for column in columns)


def _since(parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[tuple[str, str]]:
    for part in _ROWS:
        source = _COUNTED_WITH.get(part, part)
        resets = [row["stats_reset"] for row in parts.get(source, ()) if row.get("stats_reset")]
        if resets:
            yield part, max(resets)


def _lost_at(parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return what changes when a crash has made the server forget everything it had counted."""
    resets = [row["stats_reset"] for part in _SHARED for row in parts.get(part, ()) if row.get("stats_reset")]
    return min(resets, default="")
