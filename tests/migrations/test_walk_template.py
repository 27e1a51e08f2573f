"""A run after one more revision begins with a database that has the known ones, and finds what a fresh one finds."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from benchmarks.histories import revision_id, write_history
from pytest_dbops.config.load import load_config
from pytest_dbops.config.resolve import find_environment
from pytest_dbops.core.walk import Depth, StepName, Walk, WalkedRevision
from pytest_dbops.operations import rehearsal
from pytest_dbops.operations.asked import Asked
from pytest_dbops.operations.migrations.incremental import Judging, walk_incrementally
from pytest_dbops.operations.migrations.scope import scope_of
from pytest_dbops.operations.runs import Run
from pytest_dbops.provisioning.places import default_places

LENGTH = 26
CONFIG = """
[project]
migrations = "migrations"

[env.sqlite]
kind = "testing"
url = "sqlite:///target.sqlite3"

[env.postgresql]
kind = "testing"
url = "postgresql://nobody@nowhere/target"
"""


class Shop:
    """A project with a generated history, of which the last revisions are laid aside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / "aside").exists():
            write_history(folder / "migrations", LENGTH)
            (folder / "dbops.toml").write_text(CONFIG)
            (folder / "aside").mkdir()
            self.show(LENGTH - 3)

    def show(self, count: int) -> None:
        """Make it the project as it was with so many revisions."""
        for number in range(1, LENGTH + 1):
            name = f"{revision_id(number)}_step.py"
            places = [self.folder / "aside" / name, self.folder / "migrations" / "versions" / name]
            there = next(place for place in places if place.exists())
            there.rename(places[number <= count])

    def judge(self, product: str, *, is_fresh: bool = False, depth: Depth = Depth.FULL) -> tuple[Walk, list[int]]:
        """Walk what is not known; returns how many revisions each process found present, too."""
        config, run = load_config(self.folder / "dbops.toml", variables={}), Run(None)
        environment = find_environment(config, product)
        scope = scope_of(config, environment, "all")
        assert scope is not None
        judging = Judging(config, environment, scope, lambda _: None, lambda: run, is_fresh, lambda: Asked(depth))
        try:
            with noted_starts() as starts:
                walk = walk_incrementally(judging, scope, frozenset(each.id for each in scope.every))
        finally:
            run.end(lambda _: None)
        return walk, starts

    def kept(self) -> list[Path]:
        """Return the kept databases that are files."""
        return sorted((self.folder / ".dbops" / "walks").glob("dbops_template_*.sqlite"))


@contextmanager
def noted_starts() -> Iterator[list[int]]:
    """Note with how many revisions present each process of a walk begins; all is run as ever."""
    starts: list[int] = []
    run: Callable[..., object] = rehearsal._run

    def noting(*arguments: object) -> object:
        starts.append(len(arguments[3]))  # type: ignore[arg-type]  # the revisions that are present
        return run(*arguments)

    with patch.object(rehearsal, "_run", noting):
        yield starts


@pytest.fixture(scope="module")
def warmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose first 23 revisions were judged in one run, the 24th in the next: which keeps the 23."""
    shop = Shop(tmp_path_factory.mktemp("warmed"))
    first, starts = shop.judge("sqlite")
    assert (first.cached, starts, shop.kept()) == (0, [0], [])
    shop.show(LENGTH - 2)
    assert shop.judge("sqlite")[1] == [LENGTH - 3]
    return shop.folder


@pytest.fixture
def shop(tmp_path: Path, warmed: Path) -> Shop:
    """A copy of that project, with one more revision."""
    copied = Shop(shutil.copytree(warmed, tmp_path / "shop"))
    copied.show(LENGTH - 1)
    return copied


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache in which nothing is kept yet but the clusters themselves."""
    before = default_places().cache
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    own = default_places().cache
    own.mkdir(parents=True)
    for image in (before / "clusters").glob("pg*"):
        if "-with-" not in image.name and not image.name.endswith(".lock"):
            (own / "clusters").mkdir(exist_ok=True)
            (own / "clusters" / image.name).symlink_to(image)
    return own


def told(walk: Walk) -> list[WalkedRevision]:
    """Return what is known of each revision, without times and the number of rows it met."""
    return [
        replace(
            each, steps=tuple(replace(step, duration_s=0.0) for step in each.steps), observation=None,
            met=each.met and replace(each.met, coverage=""),
        )
        for each in walk.revisions
    ]  # fmt: skip


def is_judged(walk: Walk, number: int) -> bool:
    """Tell whether a revision went up, down and up again."""
    found = walk.revision(revision_id(number))
    return found is not None and found.is_applied and len(found.steps) == 3 and not found.unjudged


def test_run_after_one_more_revision_begins_with_what_is_known(shop: Shop) -> None:
    warm, starts = shop.judge("sqlite")
    fresh, fresh_starts = shop.judge("sqlite", is_fresh=True)

    assert (warm.cached, starts, len(shop.kept())) == (LENGTH - 2, [LENGTH - 3], 1)
    assert (fresh.cached, fresh_starts) == (0, [0])
    assert told(warm) == told(fresh)


def test_what_env_py_leaves_in_a_write_ahead_log_is_kept_too(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    env = shop.folder / "migrations" / "env.py"
    leaving = 'import sys\nsys.left = create_engine(context.config.get_main_option("sqlalchemy.url")).connect()\n'
    begun = 'sys.left.exec_driver_sql("PRAGMA journal_mode = wal")\nsys.left.commit()\n'
    env.write_text(env.read_text().replace("\ndef run(", f"\n{leaving}{begun}\ndef run(", 1))

    starts = [shop.judge("sqlite")[1]]
    for count in (LENGTH - 2, LENGTH - 1):
        shop.show(count)
        starts.append(shop.judge("sqlite")[1])

    assert starts == [[0], [LENGTH - 3], [LENGTH - 3]]
    assert [file.name for file in shop.kept()[0].parent.glob("*-wal")] == []


@pytest.mark.parametrize("harm", ["half of it", "another file", "gone"])
def test_kept_database_that_is_not_what_was_kept_is_done_without(harm: str, shop: Shop) -> None:
    (kept,) = shop.kept()
    whole = kept.read_bytes()
    kept.unlink()
    if harm != "gone":
        kept.write_bytes(whole[: len(whole) // 2] if harm == "half of it" else b"x" * 9000)

    walk, starts = shop.judge("sqlite")

    assert starts == [LENGTH - 3 if harm == "gone" else 0]
    assert walk.cached == LENGTH - 2
    assert is_judged(walk, LENGTH - 1)


def test_database_kept_of_other_files_is_not_found(shop: Shop) -> None:
    newest_in_it = shop.folder / "migrations" / "versions" / f"{revision_id(LENGTH - 3)}_step.py"
    newest_in_it.write_text(newest_in_it.read_text().replace('["name"]', '["id"]'))

    walk, starts = shop.judge("sqlite")

    assert (walk.cached, starts) == (LENGTH - 4, [LENGTH - 4])


def test_database_that_is_not_where_it_is_said_to_be_is_done_without(shop: Shop) -> None:
    @contextmanager
    def empty() -> Iterator[str]:
        yield f"sqlite:///{shop.folder / 'empty.sqlite3'}"

    start = rehearsal.Start(frozenset(revision_id(n) for n in range(1, LENGTH - 1)), empty)

    with patch("pytest_dbops.operations.migrations.incremental.start_from_known", lambda *_, **__: start):
        walk, starts = shop.judge("sqlite")

    assert (walk.cached, starts) == (LENGTH - 2, [LENGTH - 2, 0])
    assert is_judged(walk, LENGTH - 1)


def test_server_keeps_the_database_with_the_cluster_for_every_copy(tmp_path: Path, own_cache: Path) -> None:
    shop = Shop(tmp_path / "shop")
    shop.judge("postgresql")
    copied = Shop(shutil.copytree(shop.folder, tmp_path / "copied"))
    shop.show(LENGTH - 2)
    _, first = shop.judge("postgresql")
    shop.show(LENGTH - 1)

    warm, starts = shop.judge("postgresql")

    assert (first, starts, warm.cached) == ([LENGTH - 3], [LENGTH - 3], LENGTH - 2)
    assert is_judged(warm, LENGTH - 1)
    copied.show(LENGTH - 2)
    assert copied.judge("postgresql")[1] == [LENGTH - 3]
    assert len([each for each in (own_cache / "clusters").glob("*-with-*") if each.is_dir()]) == 1
    assert len(list((copied.folder / ".dbops" / "walks").glob("postgresql-*.template.json"))) == 1


def test_revision_that_was_asked_less_of_is_rehearsed_again_when_more_is_asked(shop: Shop) -> None:
    shop.judge("sqlite")
    shop.show(LENGTH)

    least, _ = shop.judge("sqlite", depth=Depth.DOWN)
    less, starts_of_less = shop.judge("sqlite", depth=Depth.SCHEMAS)
    again, starts = shop.judge("sqlite", depth=Depth.SCHEMAS)
    more, starts_of_more = shop.judge("sqlite")
    less_of_known, _ = shop.judge("sqlite", depth=Depth.SCHEMAS)
    least_of_known, _ = shop.judge("sqlite", depth=Depth.DOWN)

    assert [step.name for step in newest(least).steps] == [StepName.UPGRADE, StepName.DOWNGRADE]
    assert (less.cached, starts_of_less) == (LENGTH - 1, [LENGTH - 3])
    found = newest(less)
    assert found.met is not None
    assert (found.observation, found.met.losses, found.broken) == (None, None, None)
    assert [step.name for step in found.steps] == list(StepName)
    assert (again.cached, starts) == (LENGTH, [])
    assert (more.cached, starts_of_more) == (LENGTH - 1, [LENGTH - 3])
    assert (least_of_known.cached, least_of_known.databases) == (LENGTH, 0)
    assert (less_of_known.cached, less_of_known.databases) == (LENGTH, 0)


def newest(walk: Walk) -> WalkedRevision:
    found = walk.revision(revision_id(LENGTH))
    assert found is not None
    return found
