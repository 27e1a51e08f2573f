"""A history puts its revisions in order, names what is wrong with it, and knows where a database stands."""

from __future__ import annotations

import pytest

from pytest_dbops.core.codec import from_json, to_json
from pytest_dbops.core.history import (
    Downgrade,
    History,
    ProblemKind,
    Revision,
    Standing,
    descendants,
    lineage,
    make_history,
    standing,
)


def rev(name: str, *down: str, needs: tuple[str, ...] = (), labels: tuple[str, ...] = ()) -> Revision:
    return Revision(
        name, down, needs, labels, title=f"make {name}", file=f"versions/{name}.py", line=3, upgrade_line=9,
        downgrade_line=12, downgrade=Downgrade.RUNS,
    )  # fmt: skip


def problems(*revisions: Revision) -> list[tuple[ProblemKind, str]]:
    return [(each.kind, each.message) for each in make_history(revisions).problems]


def test_branch_is_followed_to_its_end_before_the_next_whatever_the_order_of_files() -> None:
    made = make_history(
        [rev("m", "b2", "c2"), rev("c2", "c1"), rev("b2", "b1"), rev("c1", "a"), rev("b1", "a"), rev("a")]
    )

    assert [each.id for each in made.revisions] == ["a", "c1", "c2", "b1", "b2", "m"]
    assert (made.heads, made.bases, made.problems) == (("m",), ("a",), ())


def test_dependency_comes_first_and_its_label_is_resolved() -> None:
    made = make_history([rev("a", needs=("other",)), rev("z", labels=("other",)), rev("y", "z", needs=("z",))])

    assert [(each.id, each.depends_on) for each in made.revisions] == [("z", ()), ("a", ("z",)), ("y", ("z",))]


def test_ends_of_labelled_branches_are_no_problem_and_unlabelled_ones_are() -> None:
    assert problems(rev("a", labels=("one",)), rev("b", labels=("two",))) == []
    assert problems(rev("a"), rev("b", "a"), rev("plug", labels=("one",))) == []
    assert problems(rev("a"), rev("b", "a"), rev("c", "a")) == [
        (ProblemKind.SEVERAL_HEADS, "the history has 2 heads: b, c")
    ]
    assert problems(rev("a", labels=("one",)), rev("b", "a"), rev("c", "a")) == [
        (ProblemKind.SEVERAL_HEADS, "the history has 2 heads: b, c")
    ]


@pytest.mark.parametrize(
    ("revisions", "kind", "message"),
    [
        ([rev("a", "gone")], ProblemKind.UNKNOWN_DOWN_REVISION, "revision 'a' follows 'gone', which is in no file"),
        (
            [rev("a", needs=("gone",))], ProblemKind.UNKNOWN_DEPENDENCY,
            "revision 'a' depends on 'gone', which is no revision and no branch label",
        ),
        (
            [rev("a", labels=("x",)), rev("b", "a", labels=("x",))], ProblemKind.DUPLICATE_LABEL,
            "branch label 'x' of revision 'b' is taken by revision 'a'",
        ),
        ([rev("a-b")], ProblemKind.ILLEGAL_ID, "revision id 'a-b' holds -, which alembic allows in no id"),
        (
            [rev("o"), rev("a", "b"), rev("b", "a"), rev("after", "a")], ProblemKind.CYCLE,
            "revisions wait for each other in a cycle of down_revision: a -> b -> a",
        ),
        (
            [rev("a", needs=("b",)), rev("b", "a")], ProblemKind.CYCLE,
            "revisions wait for each other in a cycle of depends_on: a -> b -> a",
        ),
        ([rev("a", "a")], ProblemKind.CYCLE, "revisions wait for each other in a cycle of down_revision: a -> a"),
    ],
)  # fmt: skip
def test_problem_is_named_with_file_line_and_a_way_out(
    revisions: list[Revision], kind: ProblemKind, message: str
) -> None:
    found = next(each for each in make_history(revisions).problems if each.kind is not ProblemKind.SEVERAL_HEADS)

    assert (found.kind, found.message) == (kind, message)
    assert found.kind.breaks
    assert str(found) == f"versions/{found.revision}.py:3: {message} ({found.hint})"
    assert found.hint


def test_two_cycles_are_two_problems() -> None:
    made = make_history([rev("a", "b"), rev("b", "a"), rev("c", "d", "a"), rev("d", "c")])

    assert [each.message.rpartition(": ")[2] for each in made.breaking] == ["a -> b -> a", "c -> d -> c"]
    assert {each.id for each in made.revisions} == {"a", "b", "c", "d"}


def test_second_file_of_an_id_names_the_first() -> None:
    twice = [
        rev("a"),
        Revision("a", title="again", file="versions/copy.py", line=7, upgrade_line=1, downgrade=Downgrade.RUNS),
    ]
    made = make_history(twice)

    assert [str(each) for each in made.problems] == [
        "versions/copy.py:7: revision 'a' is there twice, also in versions/a.py"
        " (give one of them a new id, and whatever follows it)"
    ]
    assert [each.title for each in made.revisions] == ["again"]


def test_missing_functions_are_problems_that_break_nothing() -> None:
    made = make_history([Revision("a", file="a.py", line=1)])

    assert [each.kind for each in made.problems] == [ProblemKind.MISSING_UPGRADE, ProblemKind.MISSING_DOWNGRADE]
    assert made.breaking == ()


def test_history_survives_json() -> None:
    made = make_history([rev("a", "gone"), rev("b", "a", labels=("x",)), Revision("c")])

    assert from_json(History, to_json(made)) == made


LINE = make_history([rev("a"), rev("b", "a"), rev("c", "b"), rev("p", needs=("b",))])
A, B, C, P = (next(each for each in LINE.revisions if each.id == name) for name in "abcp")


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ((), Standing((), (A, B, C, P), (), ())),
        (("b",), Standing(("b",), (C, P), (), ())),
        (("c", "p"), Standing(("c", "p"), (), (), ())),
        (("p",), Standing(("p",), (C,), (), ())),
        (("b", "p"), Standing(("b", "p"), (C,), (), ("b",))),
        (("c", "p", "new"), Standing(("c", "new", "p"), (), ("new",), ())),
    ],
)
def test_rows_of_a_version_table_mean(rows: tuple[str, ...], wanted: Standing) -> None:
    found = standing(LINE, rows)

    assert found == wanted
    assert found.is_at_head == (rows == ("c", "p"))


def test_lineage_knows_down_revisions_only_and_descendants_know_dependencies_too() -> None:
    assert lineage(LINE, "b") == {"a", "b", "c"}
    assert descendants(LINE, ["b"]) == {"b", "c", "p"}
