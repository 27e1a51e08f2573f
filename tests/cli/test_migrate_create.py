"""`dbops migrate create`: a file alembic takes at once, or nothing at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_dbops.cli.migrations.create import JSON
from tests.cli.migrations import Migrations

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


def create(migrations: Migrations, name: str, *more: str, description: str = "Add notes") -> dict[str, object]:
    answer = migrations.dbops("create", name, "--description", description, "--format", "json", *more)
    assert (answer.code, answer.err) == (0, "")
    assert set(answer.json) == set(JSON.keys)
    found: dict[str, object] = answer.json
    return found


def history(migrations: Migrations) -> list[tuple[str, list[str], str, str]]:
    found = migrations.dbops("history", "--format", "json").json
    assert found["problems"] == []
    return [
        (each["title"], each["down"], each["downgrade"], each["irreversible_reason"]) for each in found["revisions"]
    ]


@on_sqlite
def test_first_revision_is_a_base_and_the_next_follows_it(migrations: Migrations) -> None:
    first = create(migrations, "begin", description="Begin")
    second = create(migrations, "add_notes", description="Add notes\n\nBecause people write.")

    assert (first["down"], second["down"]) == ([], [first["id"]])
    assert second["files"] == [f"migrations/versions/{second['id']}_add_notes.py"]
    assert [(title, down) for title, down, *_ in history(migrations)] == [
        ("Begin", []), ("Add notes", [first["id"]])
    ]  # fmt: skip
    text = (migrations.path / str(second["files"][0])).read_text()  # type: ignore[index]  # a list of texts
    assert text.startswith('"""Add notes\n\nBecause people write.\n\nRevision ID: ')


@on_sqlite
def test_downgrade_raises_with_words_until_it_is_written(migrations: Migrations) -> None:
    create(migrations, "add_notes")

    ((_, _, kind, reason),) = history(migrations)

    assert kind == "raises"
    assert reason.startswith("add_notes has no way back yet: reverse each step of upgrade() here, the last one first")


def test_new_revision_is_run_by_alembic(migrations: Migrations) -> None:
    migrations.line("r1")
    made = create(migrations, "add_notes")

    migrations.alembic("upgrade", "head")

    assert migrations.rows("SELECT version_num FROM alembic_version") == [(made["id"],)]


@on_sqlite
@pytest.mark.parametrize(
    "description",
    [
        'Add "notes"',
        "Add C:\\new\\notes",
        'Say """so"""',
        "Füge 日本 hinzu",
        "50 % of ${notes}",
        "## no comment",
        "it's",
    ],
)
def test_description_is_kept_as_it_is(migrations: Migrations, description: str) -> None:
    create(migrations, "add_notes", description=f"  {description}  ")
    assert history(migrations)[0][0] == description


@on_sqlite
@pytest.mark.parametrize(
    "template",
    [
        '"""${message}"""\nrevision = ${repr(up_revision)}\ndown_revision = ${repr(down_revision)}\n'
        "def upgrade():\n    pass\n\ndef downgrade():\n    pass\n",
        "revision = ${repr(up_revision)}\ndown_revision = ${repr(down_revision)}\ndef upgrade():\n    '''Do.'''\n"
        "def downgrade():\n    '''Undo.'''\n",
        "from alembic import op\nrevision = ${repr(up_revision)}\ndown_revision = ${repr(down_revision)}\n",
    ],
)
@pytest.mark.parametrize("more", [(), ("--sql",)])
def test_template_that_leaves_things_out_is_filled_in(
    migrations: Migrations, template: str, more: tuple[str, ...]
) -> None:
    migrations.project.write("migrations/script.py.mako", template)
    create(migrations, "add_notes", *more)
    ((title, _, kind, _),) = history(migrations)
    assert (title, kind) == ("Add notes", "runs" if more else "raises")


@on_sqlite
def test_template_for_several_databases_is_followed(migrations: Migrations) -> None:
    from alembic.config import Config

    template = Path(Config().get_template_directory()) / "multidb" / "script.py.mako"
    migrations.project.write("migrations/script.py.mako", template.read_text())
    migrations.project.write("alembic.ini", "[alembic]\nscript_location = migrations\ndatabases = one, two\n")
    made = create(migrations, "add_notes")
    assert "def downgrade_two()" in (migrations.path / str(made["files"][0])).read_text()  # type: ignore[index]


SQL = """\
-- what; for
CREATE TABLE note (id integer PRIMARY KEY, text varchar(200) DEFAULT 'a;b' NOT NULL, share numeric);
INSERT INTO note (id, text, share) VALUES (1, 'it''s 50 %; :none', 1), (2, '-- no comment', 2);
/* a comment; with one */ UPDATE note SET share = CAST(share AS numeric) % 7 WHERE text LIKE '%:none';
CREATE VIEW odd AS SELECT id, CASE WHEN id = 1 THEN 'one' ELSE 'other' END AS name FROM note;
"""
EXTRA = {
    "sqlite": """
CREATE TRIGGER watch AFTER INSERT ON note BEGIN
  UPDATE note SET share = CASE WHEN NEW.id > 1 THEN 5 ELSE 6 END WHERE id = NEW.id;
  DELETE FROM note WHERE id > 100;
END;
INSERT INTO note (id) VALUES (3)
""",
    "postgresql": """
CREATE FUNCTION five() RETURNS integer LANGUAGE plpgsql AS $body$ BEGIN RETURN 5::int; END; $body$;
CREATE FUNCTION six() RETURNS integer LANGUAGE sql BEGIN ATOMIC; SELECT CASE WHEN true THEN 6 END; END;
COMMENT ON FUNCTION five() IS E'it\\'s; five';
INSERT INTO note (id, share) SELECT 3, five()
""",
}
EXPECTED = [(1, "it's 50 %; :none", 1), (2, "-- no comment", 2), (3, "a;b", 5)]
ROLLBACK = {
    "sqlite": "DROP VIEW odd; DROP TABLE note;",
    "postgresql": "DROP FUNCTION five(), six(); DROP VIEW odd; DROP TABLE note;",
}


def test_sql_files_run_up_and_down_as_they_are_written(migrations: Migrations, dialect: str) -> None:
    made = create(migrations, "add_notes", "--sql")
    folder = "migrations/versions/add_notes"
    assert made["files"][1:] == [f"{folder}/{name}" for name in ("migration.sql", "rollback.sql", "metadata.json")]  # type: ignore[index]
    migrations.project.write(f"{folder}/migration.sql", SQL + EXTRA[dialect])
    migrations.project.write(f"{folder}/rollback.sql", ROLLBACK[dialect])

    migrations.alembic("upgrade", "head")
    assert migrations.rows("SELECT id, text, share FROM note ORDER BY id") == EXPECTED
    migrations.alembic("downgrade", "base")
    migrations.alembic("upgrade", "head")

    assert migrations.rows("SELECT name FROM odd WHERE id = 1") == [("one",)]


def test_sql_files_are_previewed_as_they_are_written(migrations: Migrations, dialect: str) -> None:
    create(migrations, "add_notes", "--sql")
    migrations.project.write("migrations/versions/add_notes/migration.sql", SQL + EXTRA[dialect])

    answer = migrations.dbops("sql", "--env", "staging")

    assert (answer.code, answer.err) == (0, "")
    assert "VALUES (1, 'it''s 50 %; :none', 1), (2, '-- no comment', 2);" in answer.out


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_sql_outside_of_a_transaction_is_possible(migrations: Migrations) -> None:
    migrations.line("r1")
    create(migrations, "index_it", "--sql")
    folder = "migrations/versions/index_it"
    about = json.loads((migrations.path / folder / "metadata.json").read_text())
    migrations.project.write(f"{folder}/metadata.json", json.dumps(about | {"is_transactional": False}))
    migrations.project.write(f"{folder}/migration.sql", "CREATE INDEX CONCURRENTLY by_id ON t_r1 (id);")

    migrations.alembic("upgrade", "head")

    assert migrations.rows("SELECT count(*) FROM pg_indexes WHERE indexname = 'by_id'") == [(1,)]


@on_sqlite
def test_rollback_without_a_statement_gives_its_reason(migrations: Migrations) -> None:
    create(migrations, "add_notes", "--sql")
    folder = "migrations/versions/add_notes"
    about = json.loads((migrations.path / folder / "metadata.json").read_text())
    assert about["description"] == "Add notes"
    migrations.project.write(f"{folder}/metadata.json", json.dumps(about | {"irreversible_because": "rows are gone"}))

    answer = migrations.dbops("sql", "--revisions", "all", "--downgrade")

    assert answer.code == 3
    assert answer.err.endswith("cannot be taken back: rows are gone\n")


@on_sqlite
def test_several_heads_need_a_choice(migrations: Migrations) -> None:
    migrations.line("r1", "left")
    migrations.revision("right", "r1", labels="side")
    before = migrations.files()

    answer = migrations.dbops("create", "add_notes", "--description", "Add notes")

    assert (answer.code, answer.out, migrations.files()) == (2, "", before)
    assert answer.err == (
        "dbops: the history has 2 heads: left, right"
        " (say which the new one follows: --head REVISION, or --head heads to merge them)\n"
    )
    assert create(migrations, "one", "--head", "side@head")["down"] == ["right"]
    assert create(migrations, "two", "--head", "lef")["down"] == ["left"]
    assert len(create(migrations, "three", "--head", "heads")["down"]) == 2  # type: ignore[arg-type]  # a list
    assert create(migrations, "four", "--head", "base")["down"] == []


@on_sqlite
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("Add Notes",), 2, "'Add Notes' is no name for a revision (a-z, 0-9 and _, from a letter on, 60 at most;"),
        (
            ("../up",),
            2,
            "'../up' is no name for a revision (a-z, 0-9 and _, from a letter on, 60 at most; for example up)",
        ),
        (("é",), 2, "'é' is no name for a revision (a-z, 0-9 and _, from a letter on, 60 at most)"),
        (("x" * 61,), 2, "'xxxxxxx"),
        (("add_notes", "--head", "r9"), 2, "there is no revision 'r9'"),
        (("add_notes", "--head", "r1"), 2, "revision 'r1' is no head: r2 follows it (heads: r2)"),
        (("add_notes", "--head", "r1:r2"), 2, "--head 'r1:r2' is a range; name one revision"),
        (("taken",), 2, "'taken.py' is there already in 'versions' (choose another name)"),
        (("folder", "--sql"), 2, "'folder' is there already in 'versions' (choose another name)"),
    ],
)
def test_what_is_refused_changes_nothing(migrations: Migrations, words: tuple[str, ...], code: int, said: str) -> None:
    migrations.line("r1", "r2")
    migrations.project.write("alembic.ini", "[alembic]\nscript_location = migrations\nfile_template = %%(slug)s\n")
    migrations.project.write(
        "migrations/versions/taken.py", (migrations.path / "migrations/versions/r2.py").read_text()
    )
    (migrations.path / "migrations/versions/r2.py").unlink()
    migrations.project.write("migrations/versions/folder/mine.txt", "mine")
    before = migrations.files()

    answer = migrations.dbops("create", *words, "--description", "Add notes")

    assert (answer.code, answer.out, answer.err.count("\n")) == (code, "", 1)
    assert answer.err.startswith(f"dbops: {said}")
    assert migrations.files() == before


@on_sqlite
@pytest.mark.parametrize(
    ("name", "text", "code", "said"),
    [
        ("migrations/versions/bad.py", "revision = (", 3, "migrations/versions/bad.py:1: revision file bad.py is no"),
        (
            "migrations/versions/bad.py", "import nowhere_at_all\nrevision = 'bad'\ndown_revision = 'r1'\n", 3,
            "revision file bad.py:1 does not import: ModuleNotFoundError: No module named 'nowhere_at_all'",
        ),
        (
            "migrations/versions/bad.py", "revision = 'bad'\ndown_revision = 'r1'\nraise SystemExit(3)\n", 3,
            "revision file bad.py:3 does not import: SystemExit: 3",
        ),
        (
            "migrations/versions/bad.py", "import os\nrevision = 'bad'\ndown_revision = 'r1'\nos._exit(7)\n", 3,
            "the process that reads the migrations ended with 7: ",
        ),
        ("migrations/script.py.mako", "revision = 'x'\ndown_revision = None\n", 2, "script.py.mako makes another revi"),
        ("migrations/script.py.mako", "${nowhere.at.all}", 2, "alembic does not write the revision: Template render"),
        ("migrations/script.py.mako", "revision = (", 2, "script.py.mako makes no revision: SyntaxError: "),
    ],
)  # fmt: skip
def test_project_that_cannot_be_read_is_one_line_and_changes_nothing(
    migrations: Migrations, name: str, text: str, code: int, said: str
) -> None:
    migrations.line("r1")
    migrations.project.write(name, text)
    before = migrations.files()

    answer = migrations.dbops("create", "add_notes", "--sql", "--description", "Add notes")

    assert (answer.code, answer.out, answer.err.count("\n")) == (code, "", 1)
    assert answer.err.startswith(f"dbops: {said}")
    assert migrations.files() == before


@on_sqlite
def test_missing_template_and_empty_description_are_said(migrations: Migrations) -> None:
    empty = migrations.dbops("create", "add_notes", "--description", " \n ")
    strange = migrations.dbops("create", "add_notes", "--description", "bell \a")
    (migrations.path / "migrations/script.py.mako").unlink()
    missing = migrations.dbops("create", "add_notes", "--description", "Add notes")

    assert [empty.err, strange.err, missing.err] == [
        "dbops: a revision needs a description (--description 'Add notes to invoices')\n",
        "dbops: the description holds the character '\\x07', which no file should\n",
        "dbops: there is no script.py.mako in 'migrations' (alembic init makes one)\n",
    ]


@on_sqlite
def test_first_revision_that_fails_leaves_no_folder(migrations: Migrations) -> None:
    migrations.project.write("migrations/script.py.mako", "${nowhere.at.all}")
    assert migrations.dbops("create", "add_notes", "--description", "Add notes").code == 2
    assert not (migrations.path / "migrations" / "versions").exists()


@on_sqlite
def test_revision_goes_beside_the_one_it_follows(migrations: Migrations) -> None:
    migrations.project.write(
        "alembic.ini",
        "[alembic]\nscript_location = migrations\npath_separator = space\n"
        "version_locations = migrations/versions plugin/versions\n",
    )
    migrations.line("r1")
    text = (migrations.path / "migrations/versions/r1.py").read_text()
    migrations.project.write(
        "plugin/versions/p1.py", text.replace("'r1'", "'p1'").replace("labels = None", "labels = 'plug'")
    )

    assert str(create(migrations, "one", "--head", "plug@head")["files"]).startswith("['plugin/versions/")
    assert str(create(migrations, "two", "--head", "r1")["files"]).startswith("['migrations/versions/")


@on_sqlite
def test_revision_that_connects_when_it_is_imported_is_refused(migrations: Migrations) -> None:
    migrations.line("r1")
    migrations.project.write(
        "migrations/versions/bad.py",
        "import sqlite3\nrevision = 'bad'\ndown_revision = 'r1'\n"
        f"sqlite3.connect({str(migrations.database_file)!r}).execute('CREATE TABLE harm (id integer)')\n",
    )
    before = migrations.database_file.read_bytes()

    answer = migrations.dbops("create", "add_notes", "--description", "Add notes")

    assert answer.code in (3, 4)
    assert answer.err.startswith("dbops: ")
    assert answer.err.count("\n") == 1
    assert migrations.database_file.read_bytes() == before
