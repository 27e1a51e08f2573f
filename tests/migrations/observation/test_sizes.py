"""Sizes of a target's tables: read from the server's statistics, exported, loaded, followed through revisions."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.cli import main
from pytest_dbops.cli.migrations.stats import JSON
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.observed import Moved, Observation
from pytest_dbops.core.observed.sizes import (
    Sizes,
    TableSize,
    load_sizes,
    parse_sizes,
    render_sizes,
    sizes_after,
    sizes_of,
)
from pytest_dbops.core.session import Statistics
from tests.fix_postgres import ScratchDatabase
from tests.fix_project import CONFIG

ONE = Sizes("production", "postgresql", "2026-11-28T12:00:00+00:00", {"public.invoice": TableSize(7, 8192, 16384)})
HOW = "(run: dbops migrate stats export --env NAME --output FILE)"


def export(folder: Path, *words: str) -> int:
    return main(["migrate", "stats", "export", *words, "--config", str(folder / "dbops.toml")])


def test_exported_file_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "sizes.json").write_text(render_sizes(ONE), encoding="utf-8")
    assert load_sizes(tmp_path / "sizes.json") == ONE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{\n", "f.json:2: Expecting property name enclosed in double quotes: no JSON"),
        ("[]", "f.json holds no sizes: \"format\" is not 'dbops table sizes'"),
        ('{"format": "dbops table sizes", "version": 9}', "f.json is of version 9; 1 is known"),
        ('{"format": "dbops table sizes", "version": 1}', "f.json: key 'environment' is missing (Sizes)"),
        (render_sizes(ONE).replace("7", '"7"', 1), "f.json: tables.public.invoice.rows: '7' is none of int, NoneType"),
        (render_sizes(ONE).replace(": 7", ": -7"), "f.json: tables.public.invoice has a negative number"),
    ],
    ids=["no json", "other document", "younger", "incomplete", "text", "negative"],
)
def test_anything_else_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_sizes(text, source="f.json")
    assert str(refused.value) == f"{said} {HOW}"


def test_missing_file_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_sizes(tmp_path / "none.json")
    assert (
        str(refused.value)
        == f"sizes in {str(tmp_path / 'none.json')!r} cannot be read: No such file or directory {HOW}"
    )


def test_partitioned_table_is_as_big_as_its_partitions() -> None:
    def row(name: str, parent: str | None, rows: int | None) -> dict[str, object]:
        return {"name": name, "parent": parent, "rows": rows, "bytes": 10, "index_bytes": None}

    rows = [row("a.all", None, 0), row("a.old", "a.all", 0), row("a.old_1", "a.old", 30), row("a.old_2", "a.old", 4),
            row("a.new", "a.all", 5), row("a.some", None, 0), row("a.some_1", "a.some", None)]  # fmt: skip
    sizes = sizes_of(Statistics("postgresql", (16, 4), "now", {}, {"tables": rows}, {}), "staging")
    assert {name: size.rows for name, size in sizes.tables.items()} == {
        "a.all": 39, "a.new": 5, "a.old": 34, "a.old_1": 30, "a.old_2": 4, "a.some": None, "a.some_1": None,
    }  # fmt: skip


def test_table_the_target_lacks_is_empty_and_one_never_analysed_unknown() -> None:
    sizes = Sizes("production", "postgresql", "now", {"public.invoice": TableSize(None)})
    assert (sizes.rows("public.other"), sizes.rows("public.invoice")) == (0, None)


def test_sizes_follow_what_a_revision_renames_and_drops() -> None:
    sizes = Sizes("production", "postgresql", "now", {"p.invoice": TableSize(7), "p.old": TableSize(3)})
    observation = Observation("5eed00000001", dropped=("p.old",), moved=(Moved("p.invoice", "p.bill"),))
    assert sizes_after(sizes, observation).tables == {"p.bill": TableSize(7)}


def test_export_of_a_server_tells_rows_and_bytes_and_no_data(
    postgres_database: ScratchDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with closing(psycopg.connect(postgres_database.url, autocommit=True)) as connection:
        connection.execute(
            b"""
            CREATE TABLE invoice (id integer PRIMARY KEY, note text);
            INSERT INTO invoice SELECT n, 'secret words' FROM generate_series(1, 1000) AS n;
            CREATE TABLE entry (day integer) PARTITION BY RANGE (day);
            CREATE TABLE entry_1 PARTITION OF entry FOR VALUES FROM (1) TO (10);
            INSERT INTO entry VALUES (1), (2);
            ANALYZE;
            CREATE TABLE unseen (id integer);
            """
        )
    monkeypatch.setenv("TARGET", postgres_database.url)
    (tmp_path / "dbops.toml").write_text('[env.staging]\nurl = "env:TARGET"\nrequire = []\n', encoding="utf-8")
    assert export(tmp_path, "--env", "staging", "--output", str(tmp_path / "sizes.json")) == 0
    sizes = load_sizes(tmp_path / "sizes.json")
    assert {name: size.rows for name, size in sizes.tables.items()} == {
        "public.entry": 2, "public.entry_1": 2, "public.invoice": 1000, "public.unseen": None,
    }  # fmt: skip
    assert sizes.tables["public.invoice"].bytes >= 8192 <= sizes.tables["public.invoice"].index_bytes
    assert "secret" not in (tmp_path / "sizes.json").read_text(encoding="utf-8")
    assert "1 of them were never analysed, their rows are not known (run: ANALYZE)" in capsys.readouterr().out


def test_export_of_a_file_database_goes_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    (tmp_path / "dbops.toml").write_text(CONFIG, encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / "staging.sqlite3", isolation_level=None)) as connection:
        connection.executescript(
            'CREATE TABLE "in""voice" (id integer PRIMARY KEY); INSERT INTO "in""voice" VALUES (1), (2);'
            "CREATE TABLE keyed (id integer PRIMARY KEY) WITHOUT ROWID; INSERT INTO keyed"
            " WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000) SELECT n FROM c;"
        )
    (tmp_path / "staging.sqlite3").chmod(0o600)
    assert export(tmp_path, "--env", "staging") == 0
    document = json.loads(capsys.readouterr().out)
    assert {name: size["rows"] for name, size in document["tables"].items()} == {'in"voice': 2, "keyed": None}
    assert set(document) == set(JSON.keys)


def test_file_that_cannot_be_written_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    (tmp_path / "dbops.toml").write_text(CONFIG, encoding="utf-8")
    sqlite3.connect(tmp_path / "staging.sqlite3").close()
    (tmp_path / "staging.sqlite3").touch(mode=0o600)
    assert export(tmp_path, "--env", "staging", "--output", str(tmp_path / "none/sizes.json")) == 2
    assert capsys.readouterr().err.endswith("cannot be written: No such file or directory\n")
