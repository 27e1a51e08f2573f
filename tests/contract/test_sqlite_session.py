"""What is particular to files: missing, foreign, locked, damaged, in WAL mode, in a read-only folder."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.backends.sqlite.guard import PRAGMAS_OF_A_VALUE
from pytest_dbops.backends.sqlite.session import SqliteSession
from pytest_dbops.backends.sqlite.versions import require_supported
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.errors import CannotJudge, TimedOut, Unreachable
from pytest_dbops.core.session import Limits
from tests.fix_targets import HASTY, PATIENT, Target, folder_state, make_sqlite

BACKEND = backend_for("sqlite")


@contextmanager
def session_on(file: Path, limits: Limits = PATIENT) -> Iterator[SqliteSession]:
    with BACKEND.open_session(
        f"sqlite:///{file}", limits=limits, expect=Expectation(), application="dbops test"
    ) as session:
        assert isinstance(session, SqliteSession)
        yield session


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder every user may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Take the right to write to a folder away; root is somebody else meanwhile, since nothing stops root."""
    folder.chmod(0o555)
    with somebody(65534 if os.geteuid() == 0 else os.geteuid()):
        yield
    folder.chmod(0o755)


@contextmanager
def somebody(euid: int) -> Iterator[None]:
    """Be another user for the length of a block."""
    before = os.geteuid()
    os.seteuid(euid)
    try:
        yield
    finally:
        os.seteuid(before)


def test_missing_file_is_unreachable_and_not_made(folder: Path) -> None:
    with pytest.raises(Unreachable, match=r"there is no file '.*nowhere\.db'"):
        session_on(folder / "nowhere.db").__enter__()
    assert list(folder.iterdir()) == []


def test_folder_is_not_a_file(folder: Path) -> None:
    with pytest.raises(Unreachable, match="is not a file"):
        session_on(folder).__enter__()


def test_file_nobody_may_read_is_told(folder: Path) -> None:
    file = folder / "books.db"
    make_sqlite(file)
    file.chmod(0)
    with read_only(folder), pytest.raises(Unreachable, match="may not read"):
        session_on(file).__enter__()


@pytest.mark.parametrize("content", [b"not a database at all, only words " * 99, os.urandom(4096), b"SQLite format 3"])
def test_foreign_or_encrypted_file_is_one_line(folder: Path, content: bytes) -> None:
    file = folder / "books.db"
    file.write_bytes(content)
    with pytest.raises(CannotJudge, match="is not a SQLite database, or it is encrypted") as caught:
        session_on(file).__enter__()
    assert "\n" not in str(caught.value)
    assert file.read_bytes() == content


def test_damaged_schema_is_one_line(folder: Path) -> None:
    file = folder / "books.db"
    make_sqlite(file)
    content = bytearray(file.read_bytes())
    content[100:200] = b"\xff" * 100
    file.write_bytes(content)
    with pytest.raises(CannotJudge, match="is damaged"):
        session_on(file).__enter__()


def test_empty_file_is_an_empty_database(folder: Path) -> None:
    (folder / "empty.db").touch()
    with session_on(folder / "empty.db") as session:
        assert session.query("SELECT * FROM sqlite_schema") == []
    assert (folder / "empty.db").stat().st_size == 0


def test_file_locked_by_a_writer_is_waited_for_no_longer_than_allowed(folder: Path) -> None:
    file = folder / "books.db"
    make_sqlite(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(TimedOut, match=r"locked by a writer for longer than 0\.1 s"):
            session_on(file, HASTY).__enter__()


def test_wal_database_is_read_beside_its_writer_at_one_moment(folder: Path) -> None:
    file = folder / "books.db"
    make_sqlite(file, journal_mode="wal")
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("INSERT INTO customer VALUES (3, 'before')")
        with session_on(file) as session:
            writer.execute("INSERT INTO customer VALUES (4, 'after')")
            assert session.scalar("SELECT count(*) FROM customer") == 3
            session.verify()
        with session_on(file) as session:
            assert session.scalar("SELECT count(*) FROM customer") == 4


def test_wal_database_and_its_folder_are_left_as_they_were(folder: Path) -> None:
    file = folder / "books.db"
    make_sqlite(file, journal_mode="wal")
    before, modified = folder_state(folder), file.stat().st_mtime_ns
    with session_on(file) as session:
        assert session.scalar("SELECT count(*) FROM invoice") == 3
    assert folder_state(folder) == before
    assert file.stat().st_mtime_ns == modified


def test_side_files_of_a_writer_are_left_to_it(folder: Path) -> None:
    file = folder / "books.db"
    make_sqlite(file, journal_mode="wal")
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        with session_on(file) as session:
            writer.execute("INSERT INTO customer VALUES (3, 'meanwhile')")
            assert session.scalar("SELECT count(*) FROM customer") == 2
        assert {path.name for path in folder.iterdir()} == {"books.db", "books.db-shm", "books.db-wal"}
        writer.execute("INSERT INTO customer VALUES (4, 'after')")
    with session_on(file) as session:
        assert session.scalar("SELECT count(*) FROM customer") == 4


def test_wal_database_nobody_may_write_gets_no_side_files(folder: Path) -> None:
    file = folder / "books.db"
    make_sqlite(file, journal_mode="wal")
    file.chmod(0o444)
    folder.chmod(0o777)
    before = folder_state(folder)
    with somebody(65534 if os.geteuid() == 0 else os.geteuid()), session_on(file) as session:
        assert session.scalar("SELECT count(*) FROM invoice") == 3
        assert "immutable" in session.note
    assert folder_state(folder) == before


def test_wal_database_in_a_read_only_folder_is_read_with_a_note(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = folder / "books.db"
    make_sqlite(file, journal_mode="wal")
    before = folder_state(folder)
    with read_only(folder), session_on(file) as session:
        assert session.scalar("SELECT count(*) FROM invoice") == 3
        assert "immutable" in session.note
        session.verify()
    assert "immutable" in caplog.text
    assert folder_state(folder) == before


def test_file_declared_immutable_is_taken_at_its_word_and_checked(folder: Path) -> None:
    file = folder / "books.db"
    make_sqlite(file)
    with BACKEND.open_session(
        f"sqlite:///file:{file}?immutable=1&uri=true", limits=PATIENT, expect=Expectation(), application="dbops test"
    ) as session:
        assert session.scalar("SELECT count(*) FROM invoice") == 3
        with closing(sqlite3.connect(file)) as writer, writer:
            writer.execute("DELETE FROM invoice")
        with pytest.raises(CannotJudge, match="replaced or changed"):
            session.verify()


def test_immutable_file_that_changes_meanwhile_is_found_out(folder: Path) -> None:
    file = folder / "books.db"
    make_sqlite(file, journal_mode="wal")
    with read_only(folder), session_on(file) as session:
        with somebody(os.getuid()):
            os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))
        with pytest.raises(CannotJudge, match="replaced or changed"):
            session.verify()


def test_wal_content_that_cannot_be_read_is_never_left_out(folder: Path) -> None:
    file = folder / "books.db"
    make_sqlite(file, journal_mode="wal")
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("INSERT INTO customer VALUES (3, 'in the wal only')")
        copies = {name: (folder / name).read_bytes() for name in ("books.db", "books.db-wal")}
    for name, content in copies.items():
        (folder / name).write_bytes(content)
    with read_only(folder), pytest.raises(CannotJudge, match=r"bytes in its -wal file"):
        session_on(file).__enter__()


def test_hot_journal_is_not_rolled_back_by_a_reader(folder: Path) -> None:
    file, journal = folder / "books.db", folder / "books.db-journal"
    make_sqlite(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("PRAGMA cache_spill = on")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute(
            "CREATE TABLE filler AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 999)"
            " SELECT i, hex(randomblob(200)) AS x FROM n"
        )
        torn = {path: path.read_bytes() for path in (file, journal)}
    for path, content in torn.items():
        path.write_bytes(content)
    before = folder_state(folder)
    with pytest.raises(CannotJudge):
        session_on(file).__enter__()
    assert folder_state(folder) == before


def test_file_replaced_in_the_middle_is_found_out(folder: Path) -> None:
    file = folder / "books.db"
    make_sqlite(file)
    make_sqlite(folder / "other.db")
    with session_on(file) as session:
        (folder / "other.db").replace(file)
        with pytest.raises(CannotJudge, match="its file was replaced"):
            session.verify()


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("set_authorizer", "its authorizer was taken away"),
        ("query_only", "query_only was switched off"),
        ("commit", "taken out of its read transaction"),
    ],
)
def test_walls_taken_down_behind_the_session_are_found_out(sqlite_target: Target, deed: str, said: str) -> None:
    before = sqlite_target.state()
    with sqlite_target.open() as session:
        raw: sqlite3.Connection = session._connection  # type: ignore[attr-defined]  # what a check could do
        raw.set_authorizer(None)
        deeds = {"set_authorizer": "SELECT 1", "query_only": "PRAGMA query_only = off", "commit": "COMMIT"}
        raw.execute(deeds[deed])
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            raw.execute("DELETE FROM invoice")
        with pytest.raises(CannotJudge, match=said):
            session.verify()
    assert sqlite_target.state() == before


def test_pragmas_that_read_are_let_through(sqlite_target: Target) -> None:
    known = {"data_version", "journal_mode", "user_version", "foreign_keys", "page_size", "query_only"}
    assert known <= PRAGMAS_OF_A_VALUE
    with sqlite_target.open() as session:
        for name in sorted(PRAGMAS_OF_A_VALUE):
            session.query(f"PRAGMA {name}")
        for name in ("table_info", "table_xinfo", "index_list", "foreign_key_list", "foreign_key_check"):
            session.query(f"PRAGMA {name}(invoice)")
        assert session.scalar("PRAGMA integrity_check(5)") == "ok"
        assert session.scalar("PRAGMA quick_check") == "ok"
        assert session.scalar("PRAGMA query_only") == 1
        assert session.scalar("SELECT count(*) FROM pragma_table_info('invoice')") == 3
        assert session.scalar("SELECT sum(\"seq\") FROM pragma_index_list('invoice')") == 0
        session.verify()


def test_virtual_tables_and_views_are_read(folder: Path) -> None:
    file = folder / "books.db"
    make_sqlite(file)
    with closing(sqlite3.connect(file)) as writer, writer:
        writer.execute("CREATE VIRTUAL TABLE notes USING fts5 (text)")
        writer.execute("CREATE VIRTUAL TABLE places USING rtree (id, low, high)")
        writer.execute("INSERT INTO places VALUES (1, 2, 3)")
        writer.execute("INSERT INTO notes VALUES ('paid twice'), ('open')")
        writer.execute("CREATE VIEW totals AS SELECT customer_id, sum(cents) AS cents FROM invoice GROUP BY 1")
    with session_on(file) as session:
        assert session.scalar("SELECT text FROM notes WHERE notes MATCH 'twice'") == "paid twice"
        assert session.scalar("SELECT id FROM places WHERE low < 9") == 1
        assert session.scalar("SELECT cents FROM totals WHERE customer_id = 1") == 350
        assert session.scalar("SELECT value FROM json_each('[7]')") == 7
        session.verify()


def test_text_that_is_no_utf8_hides_no_row(folder: Path) -> None:
    file = folder / "books.db"
    make_sqlite(file)
    with closing(sqlite3.connect(file)) as writer, writer:
        writer.execute("UPDATE customer SET name = CAST(x'ff41' AS TEXT) WHERE id = 1")
    with session_on(file) as session:
        rows = session.query("SELECT name FROM customer ORDER BY id")
    assert [row["name"] for row in rows] == ["\udcffA", "Bo Example"]


def test_dates_are_bound_as_text(sqlite_target: Target) -> None:
    moment = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    with sqlite_target.open() as session:
        given = {"day": moment.date(), "moment": moment}
        (row,) = session.query("SELECT :day AS day, datetime(:moment) AS moment", given)
    assert dict(row) == {"day": "2026-03-01", "moment": "2026-03-01 12:30:00"}


def test_value_sqlite_cannot_hold_is_told(sqlite_target: Target) -> None:
    with sqlite_target.open() as session:
        with pytest.raises(CannotJudge, match="cannot be handed to SQLite"):
            session.query("SELECT :n", {"n": 2**70})
        with pytest.raises(CannotJudge, match="type 'set' is not supported"):
            session.query("SELECT :n", {"n": {1}})


def test_versions_before_3_38_are_refused_in_one_line() -> None:
    assert require_supported((3, 38, 0)) == (3, 38)
    with pytest.raises(CannotJudge, match=r"SQLite library is 3\.37\.2; 3\.38 or newer is needed"):
        require_supported((3, 37, 2))
