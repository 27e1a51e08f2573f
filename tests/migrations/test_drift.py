"""Drift of models and of the target, found in catalogs on both products."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import psycopg
import pytest

from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.operations.gate import GateRequest
from pytest_dbops.operations.health import check_health
from tests.fix_project import GateProject
from tests.migrations.project import ENV, Project, files_in

CONFIG = """
[project]
migrations = "migrations"
metadata   = "books.models:metadata"

[migrations]
ignore_drift = ["scratchpad", "book index ix_ignored"]

[env.staging]
url     = "{url}"
kind    = "staging"
require = []
"""
MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table(
    "book", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.String(20), nullable=False, server_default="none"),
    sa.Column("state", sa.Enum("new", "old", name="state")),
    sa.Column("pages", sa.Integer, sa.CheckConstraint("pages > 0", name="some_pages")),
    sa.Index("ix_named", "pages"),
)
sa.Index("ix_lower", sa.text("lower(title)"), sqlite_where=sa.text("pages > 9"), postgresql_where=sa.text("pages > 9"),
         _table=metadata.tables["book"])
"""
HISTORY = """
op.create_table(
    "book",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.String(20), nullable=False, server_default={default!r}),
    sa.Column("state", sa.Enum({labels}, name="state")),
    sa.Column("pages", sa.Integer),
    {check}
)
op.create_index({name!r}, "book", ["pages"])
op.create_index("ix_lower", "book", [sa.text("lower(title)")], sqlite_where=sa.text({where!r}),
                postgresql_where=sa.text({where!r}))
"""
SAME = {"default": "none", "labels": "'new', 'old'", "name": "ix_named", "where": "pages > 9",
        "check": 'sa.CheckConstraint("pages > 0", name="some_pages")'}  # fmt: skip
OTHER = {"default": "nothing", "labels": "'new'", "name": "ix_other", "where": "pages > 99", "check": ""}
MORE = (
    'op.create_table("scratchpad", sa.Column("id", sa.Integer, primary_key=True))\n'
    'op.create_index("ix_ignored", "book", ["state"])\n'
)


class Books:
    """A project whose models are written, and its staging database, which is empty at first."""

    def __init__(self, project: GateProject, url: str) -> None:
        self.path, self.write, self.url = project.path, project.write, url
        self.is_sqlite = url.startswith("sqlite")

    def alembic(self, *words: str) -> None:
        """Run alembic on the staging database, as its users do."""
        url = self.url.replace("postgresql://", "postgresql+psycopg://").replace("%", "%%")
        ini = self.write("run.ini", f"[alembic]\nscript_location = migrations\nsqlalchemy.url = {url}\n")
        subprocess.run([sys.executable, "-m", "alembic", "-c", ini.name, *words], cwd=self.path, check=True)
        ini.unlink()

    def sql_on_target(self, *statements: str) -> None:
        """Run statements on the staging database."""
        if self.is_sqlite:
            with closing(sqlite3.connect(self.path / "target.sqlite3")) as connection:
                connection.executescript(";".join(statements))
            return
        with psycopg.connect(self.url) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@pytest.fixture
def sqlite_books(gate_project: GateProject) -> Books:
    """The project on SQLite."""
    return books_on("sqlite", "sqlite:///target.sqlite3", gate_project)


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, gate_project: GateProject, monkeypatch: pytest.MonkeyPatch) -> Books:
    """The project on each product."""
    if request.param == "sqlite":
        return books_on("sqlite", "sqlite:///target.sqlite3", gate_project)
    url = request.getfixturevalue("postgres_database").url
    monkeypatch.setenv("BOOKS_URL", url)
    return books_on("postgresql", url, gate_project)


def books_on(product: str, url: str, project: GateProject) -> Books:
    """Write the project of a product."""
    written = url if product == "sqlite" else "env:BOOKS_URL"
    project.write("dbops.toml", CONFIG.format(url=written) + f'dialect = "{product}"\n')
    project.write("books/__init__.py", "")
    project.write("books/models.py", MODELS)
    project.sql("SELECT 1", "target.sqlite3")
    return Books(project, url)


def write_history(project: Books, facts: dict[str, str]) -> None:
    """Write one revision that makes the table of the models, in these words."""
    history = Project(project.path, "", files_in(project.path))
    history.env(ENV)
    history.revision("a1", None, HISTORY.format(**facts) + MORE, "raise NotImplementedError")


def ask(project: Books, *codes: str) -> dict[str, list[Finding]]:
    """Return the findings of each check; what could not be judged fails the test."""
    report, _ = check_health(request_of(project), codes=codes, progress=lambda _: None)
    assert [result.reason for result in report.results] == [""] * len(codes)
    return {result.code: list(result.findings) for result in report.results}


def request_of(project: Books, environment: str = "staging") -> GateRequest:
    """Return the request for a gate of the project."""
    return GateRequest(project.path / "dbops.toml", environment, dict(os.environ), datetime.now(UTC))


def test_models_that_say_what_the_migrations_make_have_not_drifted(books: Books) -> None:
    write_history(books, SAME)
    assert ask(books, "MIG008") == {"MIG008": []}


def test_each_difference_of_models_and_migrations_is_in_the_finding(books: Books) -> None:
    write_history(books, OTHER)

    found = ask(books, "MIG008")["MIG008"]

    told = {(each.subject, each.severity): each.message for each in found}
    drifted, renamed = told["book", Severity.ERROR], told["book", Severity.INFO]
    assert drifted.startswith("the models and the migrations disagree on book: ")
    for words in (
        "default 'nothing' -> 'none'",
        "some_pages",
        "index ix_lower of table book: where pages > 99 -> pages > 9",
    ):
        assert words in re.sub("[()]|::character varying", "", drifted)
    assert renamed.startswith("book has the same under other names: ")
    assert ("ix_other" in renamed, "ix_named" in renamed) == (True, True)
    enums = {text for (subject, _), text in told.items() if subject == "enum state"}
    assert enums == (set() if books.is_sqlite else {ENUM})
    assert {subject for subject, _ in told} - {"enum state"} == {"book"}  # neither of what is ignored


ENUM = "the models and the migrations disagree on enum state: ~ enum state: labels 'new' -> 'new', 'old'"


def test_target_that_was_changed_by_hand_has_drifted(books: Books) -> None:
    write_history(books, SAME)
    assert ask(books, "MIG012") == {"MIG012": []}  # nothing is applied yet, and nothing is there

    books.alembic("upgrade", "head")
    assert ask(books, "MIG012") == {"MIG012": []}

    books.sql_on_target("DROP INDEX ix_named", "ALTER TABLE book ADD COLUMN by_hand integer",
                        "CREATE TABLE extra (id integer PRIMARY KEY)")  # fmt: skip
    found = {each.subject: (each.severity, each.message) for each in ask(books, "MIG012")["MIG012"]}

    assert {name: severity for name, (severity, _) in found.items()} == {
        "book": Severity.ERROR,
        "extra": Severity.WARNING,
    }
    message = found["book"][1]
    assert message.startswith("the target is not what its revision makes: book: ")
    assert ("+ column by_hand" in message, "- index ix_named" in message) == (True, True)


def test_target_that_is_at_the_baseline_has_not_drifted_from_it(books: Books) -> None:
    made = ["CREATE TABLE ancient (id integer PRIMARY KEY, name text NOT NULL)"]
    books.write("schema.sql", made[0] + ";")
    books.write("dbops.toml", (books.path / "dbops.toml").read_text().replace("[migrations]", "", 1).replace(
        'metadata   = "books.models:metadata"', 'baseline = "schema.sql"\n\n[migrations]'))  # fmt: skip
    write_history(books, SAME)
    assert ask(books, "MIG012") == {"MIG012": []}  # the target is empty still

    books.sql_on_target(*made)
    assert ask(books, "MIG012") == {"MIG012": []}

    books.sql_on_target("ALTER TABLE ancient ADD COLUMN by_hand integer")
    (found,) = ask(books, "MIG012")["MIG012"]
    assert found.message.startswith(
        "the target is not what its revision makes: ancient: + column by_hand of table ancient"
    )


def test_target_is_held_against_its_own_revision_and_not_the_head(sqlite_books: Books) -> None:
    books = sqlite_books
    write_history(books, SAME)
    books.alembic("upgrade", "head")
    history = Project(books.path, "", files_in(books.path))
    history.revision("b2", "a1", 'op.add_column("book", sa.Column("later", sa.Text))', "pass")

    assert ask(books, "MIG012") == {"MIG012": []}


def test_project_without_models_and_target_of_our_own_are_not_asked(sqlite_books: Books) -> None:
    books = sqlite_books
    write_history(books, SAME)
    text = (books.path / "dbops.toml").read_text()
    books.write("dbops.toml", text.replace("metadata ", "#") + '\n[env.development]\nurl = "embedded:sqlite"\n')

    report, _ = check_health(request_of(books, "development"), codes=["MIG008", "MIG012"], progress=lambda _: None)

    assert [(each.outcome.value, each.reason.partition(" (")[0]) for each in report.results] == [
        ("skipped", "the project names no models"),
        ("skipped", "the target is built from the migrations, so it is what they make"),
    ]


@pytest.mark.parametrize(
    ("models", "reason"),
    [
        ("raise RuntimeError('half a model')", "[project] metadata 'books.models:metadata' does not import:"),
        ("metadata = 3", "[project] metadata 'books.models:metadata' is int, not a SQLAlchemy MetaData"),
    ],
)
def test_models_that_cannot_be_had_are_one_line(models: str, reason: str, sqlite_books: Books) -> None:
    write_history(sqlite_books, SAME)
    sqlite_books.write("books/models.py", models)

    report, _ = check_health(request_of(sqlite_books), codes=["MIG008"], progress=lambda _: None)

    (result,) = report.results
    assert result.outcome.value == "inconclusive"
    assert result.reason.startswith(reason)
    assert "\n" not in result.reason


def test_schema_of_an_unchanged_history_is_taken_from_the_cache(sqlite_books: Books) -> None:
    books = sqlite_books
    write_history(books, SAME)
    assert ask(books, "MIG008") == {"MIG008": []}
    (kept,) = books.path.glob(".dbops/walks/*.schema.json")
    kept.write_text(kept.read_text().replace("some_pages", "kept_pages"))

    (found,) = ask(books, "MIG008")["MIG008"]
    assert "kept_pages" in found.message

    write_history(books, SAME | {"where": "pages > 88"})
    (found,) = ask(books, "MIG008")["MIG008"]
    assert ("pages > 88" in found.message, "kept_pages" in found.message) == (True, False)
