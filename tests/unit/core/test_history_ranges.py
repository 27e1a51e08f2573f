"""A range of revisions means one set of them, or is refused with a line that says why."""

from __future__ import annotations

import pytest

from pytest_dbops.core.errors import UsageError
from pytest_dbops.core.history import Revision, find_revision, make_history, select_revisions

# base - a100 - b200 - merge        `right` labels c300;  z900 stands alone and labels `plugin`.
#           \ c300 - d400 /
HISTORY = make_history(
    [
        Revision("a100"),
        Revision("b200", ("a100",)),
        Revision("c300", ("a100",), labels=("right",)),
        Revision("d400", ("c300",)),
        Revision("merge", ("b200", "d400")),
        Revision("z900", labels=("plug-in",)),
    ]
)
LINE = make_history([Revision(f"r{n}", (f"r{n - 1}",) if n else ()) for n in range(6)])
EMPTY = make_history([])


def ids(history: object, text: str, applied: tuple[str, ...] | None = None) -> list[str]:
    return [each.id for each in select_revisions(history, text, applied=applied)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("all", "r0 r1 r2 r3 r4 r5"), (":", "r0 r1 r2 r3 r4 r5"), ("base:heads", "r0 r1 r2 r3 r4 r5"),
        ("last:2", "r4 r5"), ("last:0", ""), ("last:99", "r0 r1 r2 r3 r4 r5"),
        ("r2:r4", "r2 r3 r4"), ("r2..r4", "r2 r3 r4"), (" r2 : r4 ", "r2 r3 r4"), ("r4:", "r4 r5"), (":r1", "r0 r1"),
        ("base:r1", "r0 r1"), ("r3:head", "r3 r4 r5"), ("head", "r5"), ("heads", "r5"), ("base", "r0"), ("r3", "r3"),
        ("head-1", "r4"), ("r2+1", "r3"), ("head-2:", "r3 r4 r5"), ("r1:+2", "r1 r2 r3"), ("-2:r4", "r2 r3 r4"),
        ("-1:", "r4 r5"), ("r3:-1", "r3 r4"), (":+2", "r0 r1"), ("base+2", "r1"), ("-2", "r4 r5"), ("+2", "r0 r1"),
    ],
)  # fmt: skip
def test_range_on_a_line_means(text: str, wanted: str) -> None:
    assert ids(LINE, text) == wanted.split()


@pytest.mark.parametrize(
    ("text", "applied", "wanted"),
    [
        ("+1", ("r2",), "r3"), ("-2", ("r2",), "r1 r2"), ("current", ("r2",), "r2"),
        ("current:", ("r2",), "r2 r3 r4 r5"),
        (":current", ("r2",), "r0 r1 r2"), ("current+1:", ("r2",), "r3 r4 r5"), ("current", (), ""),
        ("+2", (), "r0 r1"),
    ],
)  # fmt: skip
def test_range_relative_to_what_is_applied_means(text: str, applied: tuple[str, ...], wanted: str) -> None:
    assert ids(LINE, text, applied) == wanted.split()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a100:merge", "a100 b200 c300 d400 merge"), ("c300:merge", "c300 d400 merge"), ("b200:merge", "b200 merge"),
        ("right", "c300"), ("right@head", "merge"), ("right@d4", "d400"), ("plug-in", "z900"), ("plug-in@head", "z900"),
        ("heads", "merge z900"), ("z900@head", "z900"), ("plug-in@heads", "z900"), ("m", "merge"),
        ("base", "a100 z900"),
        (":right@head", "a100 b200 c300 d400 merge"), ("plug-in@base:plug-in@head", "z900"), ("right@", "merge"),
        ("right+1", "d400"),
    ],
)  # fmt: skip
def test_range_among_branches_means(text: str, wanted: str) -> None:
    assert ids(HISTORY, text) == wanted.split()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("head", "'head' is 2 revisions: merge, z900 (name one, or LABEL@head, or heads)"),
        ("a1OO", "there is no revision 'a1OO'"),
        ("last:x", "'last:x' is no range: N in last:N is a number of revisions, as in last:3"),
        ("last:", "'last:' is no range: N in last:N is a number of revisions, as in last:3"),
        ("merg3", "there is no revision 'merg3' (did you mean 'merge'?)"),
        ("b200:c300", "'b200:c300' is no range: b200 does not come before c300"),
        ("merge:base", "'merge:base' is no range: merge does not come before the base"),
        ("", "'' is no revision and no range (all, last:N, A:B, +N, -N, ID, LABEL@head)"),
        ("a@b@c", "'a@b@c' is no revision and no range"),
        ("merge-1", "'merge-1' cannot be followed: from merge the history forks into b200, d400"),
        ("a100+1", "'a100+1' cannot be followed: from a100 the history forks into b200, c300"),
        ("a100-1", "'a100-1' cannot be followed: from a100 the history ends there"),
        ("right@b200", "there is no revision 'b200'"),
        ("current", "'current' needs a database to ask (add: --env NAME)"),
        ("+9", "+9 asks for 9 revisions; 6 are pending"),
        ("-9", "-9 asks for 9 revisions; 6 are there"),
        ("base+1", "'base+1' cannot be followed: the bases of the history are a100, z900 (name one)"),
    ],
)
def test_range_that_means_nothing_is_refused_in_one_line(text: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        select_revisions(HISTORY, text)
    assert str(refused.value).startswith(words)
    assert "\n" not in str(refused.value)


def test_beginning_of_several_ids_names_them() -> None:
    history = make_history([Revision("ab1"), Revision("ab2", ("ab1",))])
    with pytest.raises(UsageError, match=r"'ab' begins 2 revisions: ab1, ab2 \(write more of it\)"):
        find_revision(history, "ab")


def test_one_revision_is_asked_for_and_several_are_refused() -> None:
    with pytest.raises(UsageError, match="'heads' is 2 revisions: merge, z900; one is needed"):
        find_revision(HISTORY, "heads")


def test_empty_history_has_ranges_but_no_head() -> None:
    assert ids(EMPTY, "all") == ids(EMPTY, "last:3") == ids(EMPTY, ":") == []
    with pytest.raises(UsageError, match="'head' is no revision: there is none"):
        find_revision(EMPTY, "head")
