"""What is read offline is what alembic itself makes of the same files, which it imports and runs."""

from __future__ import annotations

import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from pytest_dbops.core.errors import UsageError
from pytest_dbops.core.history import (
    History,
    ancestors,
    descendants,
    effective_heads,
    find_revision,
    path,
    select_revisions,
    standing,
)
from pytest_dbops.migrating.history import read_history
from tests.properties.histories import Node, histories, write_history

ROOT = Path(__file__).parents[2]
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def both(nodes: tuple[Node, ...]) -> tuple[History, ScriptDirectory]:
    """Write a history and return it as read by us and by alembic; alembic has loaded it by then."""
    with tempfile.TemporaryDirectory() as folder:
        write_history(Path(folder), nodes)
        script = ScriptDirectory(folder)
        history = read_history(Path(folder), root=Path(folder))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # alembic warns before it refuses
            script.get_heads()
        return history, script


@PATIENT
@given(histories())
def test_revisions_edges_heads_and_titles_are_alembics(nodes: tuple[Node, ...]) -> None:
    history, script = both(nodes)
    assert_same(history, script)


@PATIENT
@given(histories(), st.data())
def test_pending_revisions_are_those_alembic_would_run(nodes: tuple[Node, ...], data: st.DataObject) -> None:
    history, script = both(nodes)
    chosen = data.draw(st.lists(st.sampled_from([each.id for each in nodes]), max_size=3))
    applied = effective_heads(history, ancestors(history, chosen))

    found = [revision.id for revision in standing(history, applied).pending]

    theirs = [each.revision for each in script.iterate_revisions("heads", applied, implicit_base=True)]
    assert sorted(found) == sorted(theirs)
    assert standing(history, applied).overlapping == ()


@PATIENT
@given(histories(), st.data())
def test_rows_that_overlap_are_those_alembic_refuses(nodes: tuple[Node, ...], data: st.DataObject) -> None:
    history, script = both(nodes)
    rows = tuple(data.draw(st.lists(st.sampled_from([each.id for each in nodes]), max_size=3, unique=True)))

    assert bool(standing(history, rows).overlapping) == _refuses(
        lambda: list(script.iterate_revisions("heads", rows, implicit_base=True))
    )


@PATIENT
@given(histories(), st.data())
def test_range_is_what_alembic_lists_for_it(nodes: tuple[Node, ...], data: st.DataObject) -> None:
    history, script = both(nodes)
    one = st.sampled_from([each.id for each in nodes])
    lower, upper = data.draw(one), data.draw(one)

    if lower not in ancestors(history, [upper]):
        with pytest.raises(UsageError, match="does not come before"):
            select_revisions(history, f"{lower}:{upper}")
        return
    found = [revision.id for revision in select_revisions(history, f"{lower}:{upper}")]

    assert sorted(found) == sorted(each.revision for each in script.walk_revisions(lower, upper))
    assert select_revisions(history, f"{lower}..{upper}") == select_revisions(history, f"{lower}:{upper}")
    assert [*path(history, lower, upper)] == [
        each for each in history.revisions if each.id in ancestors(history, [upper]) - ancestors(history, [lower])
    ]


@PATIENT
@given(histories(), st.data())
def test_what_must_be_taken_back_is_what_alembic_takes_back(nodes: tuple[Node, ...], data: st.DataObject) -> None:
    history, script = both(nodes)
    target = data.draw(st.sampled_from([each.id for each in nodes]))
    heads = effective_heads(history, [each.id for each in nodes])
    children = [each.id for each in history.revisions if target in each.down]
    assume(children)

    theirs = script.iterate_revisions(heads, target, select_for_downgrade=True)

    assert descendants(history, children) == {each.revision for each in theirs}


@PATIENT
@given(histories(), st.data())
def test_beginning_of_an_id_means_what_it_means_to_alembic(nodes: tuple[Node, ...], data: st.DataObject) -> None:
    history, script = both(nodes)
    whole = data.draw(st.sampled_from([each.id for each in nodes]))
    text = whole[: data.draw(st.integers(1, len(whole)))]
    # Alembic also takes the beginning of a branch label, and none of ours is hexadecimal but this one letter.
    assume(not "branch".startswith(text))

    ours = _answer(lambda: find_revision(history, text).id, UsageError)

    assert ours == _answer(lambda: script.get_revision(text).revision, CommandError)


@PATIENT
@given(histories(is_sound=False))
@example((Node("aaaa", ("aaaa",), (), "", "", 0),))
@example((Node("aaaa", (), ("bbbb",), "", "", 0), Node("bbbb", (), ("aaaa",), "", "", 0)))
@example(
    (
        Node("aaaa", (), (), "", "", 0),
        Node("bbbb", ("aaaa",), ("cccc",), "", "", 0),
        Node("cccc", ("bbbb",), (), "", "", 0),
    )
)
def test_history_is_broken_exactly_when_alembic_refuses_it(nodes: tuple[Node, ...]) -> None:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_history(Path(folder), nodes)
        history = read_history(Path(folder), root=Path(folder))
        refused = _refuses(lambda: ScriptDirectory(folder).get_heads())

    assert bool(history.breaking) == refused
    assert {revision.id for revision in history.revisions} == {each.id for each in nodes}


@pytest.mark.parametrize(
    ("package", "inside"), [("optuna", "storages/_rdb/alembic"), ("jupyterhub", "alembic"), ("migrations", ".")]
)
def test_published_histories_are_read_as_alembic_reads_them(package: str, inside: str) -> None:
    spec = find_spec(package) if package != "migrations" else None
    if spec is None and package != "migrations":
        pytest.skip(f"{package} is not installed")
    folder = Path(spec.origin or "").parent / inside if spec else ROOT / "migrations"

    history = read_history(folder, root=folder)

    assert_same(history, ScriptDirectory(folder))
    assert history.problems == ()


def assert_same(history: History, script: ScriptDirectory) -> None:
    """Assert that both have the same revisions with the same edges, and that our order is one of alembic's."""
    theirs = {each.revision: each for each in script.walk_revisions()}
    assert {each.id for each in history.revisions} == set(theirs)
    assert history.breaking == ()
    seen: set[str] = set()
    for each in history.revisions:
        other = theirs[each.id]
        assert (set(each.down), set(each.depends_on)) == (
            set(other._versioned_down_revisions),
            set(other._resolved_dependencies),
        )
        assert set(other._all_down_revisions) <= seen
        seen.add(each.id)
        assert each.title == " ".join(other.doc.split())
        assert each.labels == tuple(other._orig_branch_labels)
    assert sorted(history.heads) == sorted(script.get_heads())
    assert sorted(history.bases) == sorted(script.get_bases())
    assert sorted(effective_heads(history, theirs)) == sorted(script.revision_map._real_heads)


def _refuses(ask: object) -> bool:
    try:
        ask()  # type: ignore[operator]  # a function without arguments
    except Exception:  # alembic raises its own, KeyError and AssertionError alike
        return True
    return False


def _answer(ask: object, refusal: type[Exception]) -> str:
    try:
        return str(ask())  # type: ignore[operator]  # as above
    except refusal:
        return "refused"
