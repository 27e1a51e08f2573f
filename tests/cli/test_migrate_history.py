"""`dbops migrate history`: the revisions of the code in order, without running any of it."""

from __future__ import annotations

import pytest

from tests.cli.migrations import Migrations

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


@pytest.fixture
def branched(migrations: Migrations) -> Migrations:
    """A history with a fork, a merge, a dependency, and downgrades of every kind."""
    migrations.revision("r1", downgrade='op.drop_table("t_r1")', title="begin")
    migrations.revision("left", "r1", labels="money")
    migrations.revision("right", "r1", downgrade='raise NotImplementedError("rows are gone")', needs="left")
    migrations.revision("merged", ("left", "right"), downgrade='op.drop_table("t_merged")')
    return migrations


def test_revisions_are_listed_oldest_first_with_marks_and_the_way_back(branched: Migrations) -> None:
    answer = branched.dbops("history")

    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines() == [
        "REVISION  FOLLOWS      REVERSIBLE  MARKS       TITLE",
        "r1        -            yes         fork        begin",
        "left      r1           empty       [money]     make left",
        "right     r1           no          needs left  make right",
        "merged    left, right  yes         head merge  make merged",
        "right cannot be taken back: rows are gone",
    ]


@pytest.mark.parametrize(
    ("range_", "ids"),
    [("last:2", ["right", "merged"]), ("r1:left", ["r1", "left"]), ("money", ["left"]), ("head", ["merged"])],
)
def test_range_narrows_the_list(branched: Migrations, range_: str, ids: list[str]) -> None:
    answer = branched.dbops("history", "--revisions", range_, "--format", "json").json
    assert [each["id"] for each in answer["revisions"]] == ids
    assert (answer["heads"], answer["bases"], answer["problems"]) == (["merged"], ["r1"], [])


def test_relative_range_may_begin_with_a_minus(branched: Migrations) -> None:
    answer = branched.dbops("history", "--revisions=-1", "--format", "json").json
    assert [each["id"] for each in answer["revisions"]] == ["merged"]


def test_range_that_means_nothing_is_one_line(branched: Migrations) -> None:
    answer = branched.dbops("history", "--revisions", "merge:riht")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "dbops: there is no revision 'riht' (did you mean 'right'?)\n"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("bad", "revision = 'bad'\ndef (", "versions/bad.py:2: revision file bad.py is no Python"),
        ("self", "revision = 'self'\ndown_revision = 'self'", "in a cycle of down_revision: self -> self"),
        (
            "loop", "revision = 'loop'\ndown_revision = None\ndepends_on = 'loop'",
            "in a cycle of depends_on: loop -> loop",
        ),
        ("twice", "revision = 'r1'\ndown_revision = None", "revision 'r1' is there twice"),
        ("lost", "revision = 'lost'\ndown_revision = 'gone'", "revision 'lost' follows 'gone', which is in no file"),
        ("made", "revision = make()", "revision of made.py is not assigned as a constant"),
    ],
)  # fmt: skip
def test_broken_history_is_listed_with_its_problem_and_ends_with_1(
    branched: Migrations, name: str, text: str, words: str
) -> None:
    branched.project.write(f"migrations/versions/{name}.py", text)

    answer = branched.dbops("history")

    assert (answer.code, answer.err) == (1, "")
    assert [line for line in answer.out.splitlines() if line.startswith("problem") and words in line]


def test_missing_downgrade_is_a_problem_that_breaks_nothing(branched: Migrations) -> None:
    branched.project.write(
        "migrations/versions/r9.py", "revision = 'r9'\ndown_revision = 'merged'\ndef upgrade():\n    pass\n"
    )
    answer = branched.dbops("history")
    assert answer.code == 0
    assert "r9        merged       missing" in answer.out
    assert (
        "problem  migrations/versions/r9.py:1: revision 'r9' has no function downgrade() (write it, or let"
        in answer.out
    )


def test_empty_history_and_empty_range_say_so(migrations: Migrations) -> None:
    assert migrations.dbops("history").out == "the history is empty\n"
    migrations.line("r1")
    assert migrations.dbops("history", "--revisions", "last:0").out == "no revisions\n"


def test_history_imports_nothing_of_the_project(migrations: Migrations) -> None:
    migrations.project.write(
        "migrations/versions/r1.py", "revision = 'r1'\ndown_revision = None\nraise SystemExit('imported')\n"
    )
    assert migrations.dbops("history").code == 0
