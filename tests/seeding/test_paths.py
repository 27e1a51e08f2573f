"""Whatever the path into a table, the same rows are there, and the table is what it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, text

from pytest_dbops import Scaled
from pytest_dbops.backends.postgresql.catalog import read_catalog
from pytest_dbops.core.catalog import canonical_text
from pytest_dbops.seeding.fingerprint import content_fingerprint
from pytest_dbops.seeding.sequences import set_sequences
from pytest_dbops.seeding.writing.block import block_of_columns
from pytest_dbops.seeding.writing.values import insert_block
from pytest_dbops.seeding.writing.write import Path, RowRefused, Writer
from tests.seeding.conftest import METADATA, PARENTS, child_columns

CHILD, PARENT = METADATA.tables["child"], METADATA.tables["parent"]
MANY = 700


@contextmanager
def with_parents(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        connection.execute(PARENT.insert(), PARENTS)
        yield connection
        connection.rollback()


def write(connection: Connection, writer: Writer, count: int) -> None:
    writer.write(connection, block_of_columns(CHILD, child_columns(count)))
    writer.finish(connection)
    set_sequences(connection, writer.highest)


def test_every_path_of_postgresql_gives_the_rows_that_plain_inserts_give(postgresql: Engine) -> None:
    with with_parents(postgresql) as connection:
        insert_block(connection, block_of_columns(CHILD, child_columns(MANY)))
        wanted = content_fingerprint(connection, METADATA, ["child"])
    found = {}
    for is_bulk, count in ((False, MANY), (True, MANY)):
        with with_parents(postgresql) as connection:
            writer = Writer(is_bulk=is_bulk)
            write(connection, writer, count)
            found[writer.paths[CHILD]] = content_fingerprint(connection, METADATA, ["child"])
            following = connection.scalar(text("SELECT nextval(pg_get_serial_sequence('child', 'id'))"))
            assert following > MANY
    assert found == {Path.COPY: wanted, Path.CONSTRAINED: wanted}


def test_both_products_give_the_same_fingerprint(postgresql: Engine, sqlite: Engine) -> None:
    prints = []
    for engine in (postgresql, sqlite):
        with with_parents(engine) as connection:
            write(connection, Writer(), MANY)
            prints.append(content_fingerprint(connection, METADATA, ["parent", "child"]))
    assert prints[0] == prints[1]


class Reading:
    """A connection as the reader of catalogs wants it."""

    def __init__(self, connection: Connection) -> None:
        self._cursor = connection.connection.cursor()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self._cursor.execute(sql).fetchall()  # type: ignore[attr-defined, no-any-return]


def test_catalog_is_equal_after_keys_were_taken_off_and_put_back(postgresql: Engine) -> None:
    with postgresql.begin() as connection:
        connection.exec_driver_sql("COMMENT ON CONSTRAINT uq_child_place ON child IS 'one''s \\ place'")
        connection.exec_driver_sql("COMMENT ON INDEX ix_child_day IS 'by day'")
    with postgresql.connect() as connection:
        before = canonical_text(read_catalog(Reading(connection)))
    with postgresql.begin() as connection:
        writer = Writer(is_bulk=True)
        writer.write(connection, block_of_columns(PARENT, {"id": [1, 2, 3], "name": ["a", "b", "c"]}))
        write(connection, writer, MANY)
        assert set(writer.paths.values()) == {Path.CONSTRAINED}
    with postgresql.connect() as connection:
        assert canonical_text(read_catalog(Reading(connection))) == before
        assert connection.scalar(text("SELECT count(*) FROM child")) == MANY


def test_row_that_a_key_forbids_is_found_when_keys_are_put_back(postgresql: Engine) -> None:
    with postgresql.connect() as connection:
        writer = Writer(is_bulk=True)
        writer.write(connection, block_of_columns(PARENT, {"id": [1, 1], "name": ["a", "b"]}))
        with pytest.raises(RowRefused, match=r"UniqueViolation: could not create unique index .*\(id\)=\(1\)"):
            writer.finish(connection)


def test_table_with_a_trigger_or_rows_keeps_its_keys(postgresql: Engine) -> None:
    with with_parents(postgresql) as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
            " CREATE TRIGGER watches BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION stay()"
        )
        writer = Writer(is_bulk=True)
        write(connection, writer, MANY)
        writer.write(connection, block_of_columns(PARENT, {"id": [8], "name": ["h"]}))
        assert writer.paths == {CHILD: Path.COPY, PARENT: Path.COPY}


def test_row_level_security_is_obeyed_also_by_many_rows(postgresql: Engine) -> None:
    with with_parents(postgresql) as connection:
        connection.exec_driver_sql(
            "ALTER TABLE child ENABLE ROW LEVEL SECURITY; ALTER TABLE child FORCE ROW LEVEL SECURITY;"
            " CREATE POLICY ours ON child USING (parent_id < 4) WITH CHECK (parent_id < 4)"
        )
        writer = Writer(is_bulk=True)
        write(connection, writer, MANY)
        assert writer.paths[CHILD] is Path.STAGED
        assert connection.scalar(text("SELECT count(*) FROM child")) == MANY
        outside = {"id": range(1000, 1300), "parent_id": 4}
        with pytest.raises(RowRefused, match="row-level security"):
            writer.write(connection, block_of_columns(CHILD, outside))


@pytest.mark.parametrize("count", [5, MANY])
def test_refused_row_is_named_by_number_and_key(postgresql: Engine, count: int) -> None:
    columns = child_columns(count) | {"amount": Scaled([*range(count - 1), 10**15], 2)}
    with with_parents(postgresql) as connection, pytest.raises(RowRefused) as refused:
        Writer().write(connection, block_of_columns(CHILD, columns))
    assert str(refused.value).startswith(f"NumericValueOutOfRange: table 'child', row {count} (id={count}): ")


def test_refused_row_is_named_on_sqlite_too(sqlite: Engine) -> None:
    columns = {"id": [7, 8, 9], "name": ["a", "b", "a"]}
    with sqlite.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        with pytest.raises(RowRefused, match=r"table 'parent', row 3 \(id=9\): UNIQUE constraint failed: parent.name"):
            Writer().write(connection, block_of_columns(PARENT, columns))
        assert connection.execute(select(PARENT)).all() == []
