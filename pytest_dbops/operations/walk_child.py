"""The process that rehearses the migrations on a scratch database of ours (see `confined.py`)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from pytest_dbops.core.codec import to_compact_json
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.observed import StatementObserver
from pytest_dbops.core.walk import Depth, Refusal, Rows, StepName, WalkedRevision
from pytest_dbops.migrating.baseline import apply_baseline
from pytest_dbops.migrating.filling import Vocabulary, vocabulary_of
from pytest_dbops.migrating.urls import own_url, scheme_of
from pytest_dbops.migrating.walking.connection import RepeatedCatalogReader
from pytest_dbops.migrating.walking.means import Means
from pytest_dbops.migrating.walking.rehearsal import Copy
from pytest_dbops.migrating.walking.walk import WalkOrder, walk_history
from pytest_dbops.operations.confined import Say, run_confined
from pytest_dbops.operations.garbage import little_garbage_expected
from pytest_dbops.operations.imported import imported_files, imported_libraries
from pytest_dbops.operations.opened import watch_opened
from pytest_dbops.operations.project_metadata import load_metadata


def main() -> int:
    """Walk as asked on standard input; says each revision as it is judged, then how the walk ended."""
    return run_confined(walk, "the migrations cannot be rehearsed")


def walk(order: dict[str, Any], root: Path, say: Say) -> dict[str, object]:
    """Put the baseline in and walk the history; returns what the process that ordered it has to know."""
    url = str(order["url"])
    opened = watch_opened(root)
    if order["baseline"] and not order["present"]:
        _put_in_baseline(url, order["baseline"], root)
    with little_garbage_expected(), means_for(url, order["metadata"]) as means:
        ended = walk_history(_read_order(order, root), means, _Saying(say))
    return {
        "heads": list(ended.heads),
        "server": ended.server,
        "is_complete": ended.is_complete,
        "memory": ended.memory,
        "is_at_heads": ended.is_at_heads,
        "coverage": to_compact_json(ended.coverage),
        "files": [*imported_files(root), *opened()],
        "libraries": imported_libraries(),
    }


@contextmanager
def means_for(url: str, metadata: str) -> Iterator[Means]:
    """Give what the product of a scratch database offers, and what the models say of text."""
    with _copy_for(url) as copy:
        yield Means(_reader_for(url), copy, partial(_observer_for, url), partial(_vocabulary, metadata))


def _read_order(order: dict[str, Any], root: Path) -> WalkOrder:
    return WalkOrder(
        location=root / order["migrations"],
        url=str(order["url"]),
        root=root,
        baseline_before=order["first_revision"] if order["baseline"] else "",
        judged=order["judged"],
        present=order["present"],
        failed=order["failed"],
        remembered=order["remembered"],
        only_up=order["only_up"],
        rows={name: Rows(rows) for name, rows in order["rows"].items()},
        unobserved=order["unobserved"],
        depth=Depth(order["depth"]),
    )


@frozen
class _Saying:
    """Says what happens, one object a line."""

    say: Say

    def progress(self, text: str, revision: str) -> None:
        self.say({"progress": text, "revision": revision})

    def planned(self, history: tuple[WalkedRevision, ...], counted: tuple[str, ...]) -> None:
        self.say({"history": [to_compact_json(each) for each in history], "counted": list(counted)})

    def begins(self, step: StepName) -> None:
        self.say({"step": step.value})

    def walked(self, revision: WalkedRevision) -> None:
        self.say({"walked": to_compact_json(revision)})

    def refused(self, revision: str, refusal: Refusal, rows: Rows) -> None:
        self.say({"refused": revision, "refusal": to_compact_json(refusal), "rows": rows.value})

    def unobserved(self, revision: str, reason: str) -> None:
        self.say({"unobserved": revision, "reason": reason})


def _put_in_baseline(url: str, baseline: str, root: Path) -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    with create_engine(own_url(url), poolclass=NullPool).begin() as connection:
        apply_baseline(connection, baseline, root)


def _reader_for(url: str) -> RepeatedCatalogReader:
    if scheme_of(url)[0] == "sqlite":
        from pytest_dbops.backends.sqlite.catalog import RepeatedReader as SqliteReader

        return SqliteReader().read
    from pytest_dbops.backends.postgresql.catalog import RepeatedReader

    return RepeatedReader().read


def _copy_for(url: str) -> AbstractContextManager[Copy | None]:
    if scheme_of(url)[0] != "sqlite":
        return nullcontext()
    from sqlalchemy import make_url

    from pytest_dbops.backends.sqlite.copying import FileCopy

    return closing(FileCopy(Path(make_url(url).database or "")))


def _observer_for(url: str, ignored: frozenset[str]) -> StatementObserver:
    if scheme_of(url)[0] == "sqlite":
        from pytest_dbops.backends.sqlite.observation import SqliteObserver

        return SqliteObserver(ignored=ignored)
    from pytest_dbops.backends.postgresql.observation import PostgresqlObserver
    from pytest_dbops.backends.postgresql.observation.watching import SecondSession

    return PostgresqlObserver(second=SecondSession(url), ignored=ignored)


def _vocabulary(metadata: str) -> Vocabulary:
    """Return what the models say of text columns; nothing where they cannot be had, which other checks tell."""
    try:
        return vocabulary_of(load_metadata(metadata)) if metadata else Vocabulary()
    except ConfigError:
        return Vocabulary()


if __name__ == "__main__":
    sys.exit(main())
