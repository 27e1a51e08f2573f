"""A copy takes the place of a SQLite file whole or not at all, whoever dies in the middle or writes meanwhile."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pytest_dbops.backends.sqlite.swapping import Held, Overtaken, held_for_writing
from tests.provisioning.conftest import wait_for

JOURNAL_MODES = ("delete", "wal")
ROWS = 20_000
SWAP = """
import sqlite3, sys
from contextlib import closing
from pathlib import Path
from pytest_dbops.backends.sqlite.swapping import held_for_writing

file, copy = map(Path, sys.argv[1:3])
with held_for_writing(file, patience_s=5) as held:
    held.copy_to(copy)
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("UPDATE note SET text = replace(text, 'old', 'new')")
    print("swapping", flush=True)
    held.put_in_place(copy)
print("swapped", flush=True)
"""
DIES_ON_ITS_WAY = """
import os, signal
pread, looks = os.pread, []

def look(*args):
    looks.append(1)
    if len(looks) == {look}:
        os.kill(os.getpid(), signal.SIGKILL)
    return pread(*args)

os.pread = look
"""


@pytest.fixture(params=JOURNAL_MODES)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database of some megabytes."""
    made = tmp_path / "shop.sqlite3"
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA journal_mode = {request.param}")
        connection.execute("CREATE TABLE note (id integer PRIMARY KEY, text text) STRICT")
        connection.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO note SELECT i, printf('old %0400d', i) FROM n", [ROWS],
        )  # fmt: skip
    return made


def kinds(file: Path) -> list[tuple[str, int]]:
    """Return how many old and new rows there are in a sound database."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return connection.execute("SELECT substr(text, 1, 3), count(*) FROM note GROUP BY 1").fetchall()


def swap(file: Path, before: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", before + SWAP, str(file), str(file.with_name("copy.sqlite3"))],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_swap_makes_the_file_what_the_copy_is_for_readers_that_have_it_open(file: Path) -> None:
    with closing(sqlite3.connect(file)) as reader:
        assert reader.execute("SELECT count(*) FROM note").fetchone() == (ROWS,)
        with swap(file) as process:
            assert process.communicate(timeout=60)[0].split() == ["swapping", "swapped"]
        assert reader.execute("SELECT min(substr(text, 1, 3)) FROM note").fetchone() == ("new",)
    assert kinds(file) == [("new", ROWS)]


@pytest.mark.fault
@pytest.mark.parametrize("file", ["delete"], indirect=True)
def test_kill_in_the_middle_of_the_swap_leaves_the_old_database(file: Path) -> None:
    journal = file.with_name(f"{file.name}-journal")
    with swap(file) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "swapping\n"
        wait_for(lambda: journal.exists() or process.poll() is not None)
        process.send_signal(signal.SIGKILL)
    was_killed = process.returncode == -signal.SIGKILL
    assert kinds(file) in ([[("old", ROWS)], [("new", ROWS)]] if was_killed else [[("new", ROWS)]])
    with swap(file) as again:
        assert again.communicate(timeout=60)[0].split() == ["swapping", "swapped"]
    assert kinds(file) == [("new", ROWS)]


@pytest.mark.fault
@pytest.mark.parametrize("look", [2, 20])
@pytest.mark.parametrize("file", ["wal"], indirect=True)
def test_kill_between_two_steps_of_the_swap_leaves_the_old_database(file: Path, look: int) -> None:
    with swap(file, DIES_ON_ITS_WAY.format(look=look)) as process:
        assert process.communicate(timeout=60)[0].split() == ["swapping"]
    assert process.returncode == -signal.SIGKILL
    assert kinds(file) == [("old", ROWS)]
    with swap(file) as again:
        assert again.communicate(timeout=60)[0].split() == ["swapping", "swapped"]
    assert kinds(file) == [("new", ROWS)]


class Interrupted(sqlite3.Connection):
    """A connection behind whose commit somebody else writes at once."""

    def execute(self, sql: str, *more: object) -> sqlite3.Cursor:
        done = super().execute(sql, *more)  # type: ignore[arg-type]
        if sql == "COMMIT":
            file = super().execute("SELECT file FROM pragma_database_list").fetchone()[0]
            with closing(sqlite3.connect(file, isolation_level=None)) as other:
                other.execute("INSERT INTO note VALUES (0, 'mid')")
        return done


@pytest.mark.parametrize("file", ["wal"], indirect=True)
def test_who_writes_just_before_the_swap_is_found_out_and_keeps_what_he_wrote(file: Path) -> None:
    copy = file.with_name("copy.sqlite3")
    with closing(sqlite3.connect(file, isolation_level=None, factory=Interrupted)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        held = Held(connection, file, is_wal=True)
        held.copy_to(copy)
        with pytest.raises(Overtaken, match=r"somebody wrote to .shop\.sqlite3. just before the swap"):
            held.put_in_place(copy)
    assert kinds(file) == [("mid", 1), ("old", ROWS)]


def test_nobody_else_writes_while_it_is_held(file: Path) -> None:
    with held_for_writing(file, patience_s=1), closing(sqlite3.connect(file, timeout=0)) as other:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("DELETE FROM note")
        assert other.execute("SELECT count(*) FROM note").fetchone() == (ROWS,)
