"""Things made once a run: by whichever process needs them first, whole or not at all."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.operations.shared import SharedPieces, locked

SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Piece:
    """Something worth sharing."""

    name: str
    size: int


def fetch(folder: str) -> tuple[str, int]:
    """Get the piece in a process of its own, and leave a trace when it was made here."""
    piece = SharedPieces(Path(folder)).get("piece", Piece, lambda: made(Path(folder)))
    return piece.name, piece.size


def made(folder: Path) -> Piece:
    """Make the piece, counting how often."""
    with (folder / "count").open("a") as log:
        log.write("x")
    return Piece("catalog", 7)


def die_while_making(folder: str) -> None:
    """Begin to make the piece and be killed on the way."""

    def make() -> Piece:
        (Path(folder) / f"piece.{os.getpid()}").write_text('{"name": "ha')
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    SharedPieces(Path(folder)).get("piece", Piece, make)


def count(folder: Path) -> int:
    return len((folder / "count").read_text()) if (folder / "count").exists() else 0


def test_many_processes_make_a_piece_once(tmp_path: Path) -> None:
    with SPAWN.Pool(4) as pool:
        found = pool.map(fetch, [str(tmp_path)] * 12, chunksize=1)

    assert set(found) == {("catalog", 7)}
    assert count(tmp_path) == 1


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(askers=st.lists(st.sampled_from(["one", "two", "three"]), min_size=1, max_size=12))
def test_any_number_of_askers_makes_each_piece_once(
    askers: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("run")
    making: list[str] = []

    def ask(name: str) -> None:
        SharedPieces(folder).get(name, Piece, lambda: making.append(name) or Piece(name, 1))

    threads = [threading.Thread(target=ask, args=(name,)) for name in askers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(making) == sorted(set(askers))


def test_work_of_a_killed_maker_is_taken_over(tmp_path: Path) -> None:
    maker = SPAWN.Process(target=die_while_making, args=(str(tmp_path),))
    maker.start()
    maker.join(timeout=30)

    assert maker.exitcode == -signal.SIGKILL
    assert fetch(str(tmp_path)) == ("catalog", 7)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"name": "catalog"}', '{"name": 1, "size": "x"}', "\x00" * 9])
def test_broken_piece_is_made_anew(text: str, tmp_path: Path) -> None:
    (tmp_path / "piece.json").write_text(text)

    assert fetch(str(tmp_path)) == ("catalog", 7)
    assert fetch(str(tmp_path)) == ("catalog", 7)
    assert count(tmp_path) == 1


def test_what_making_raises_is_not_published(tmp_path: Path) -> None:
    def fail() -> Piece:
        raise CannotJudge("not now")

    pieces = SharedPieces(tmp_path)
    with pytest.raises(CannotJudge, match="not now"):
        pieces.get("piece", Piece, fail)

    assert pieces.get("piece", Piece, lambda: made(tmp_path)) == Piece("catalog", 7)
    assert fetch(str(tmp_path)) == ("catalog", 7)
    assert count(tmp_path) == 1


def test_without_a_folder_a_piece_is_this_processes_own(tmp_path: Path) -> None:
    pieces = SharedPieces(None)

    assert pieces.get("piece", Piece, lambda: made(tmp_path)) is pieces.get("piece", Piece, lambda: made(tmp_path))
    assert count(tmp_path) == 1


def test_lock_is_free_again_after_its_block(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(tmp_path / "x.lock"):
            pass
