"""Put revisions that were read one by one into order, and say what does not fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from pytest_dbops.core.history.graph import lineage, parents
from pytest_dbops.core.history.model import Downgrade, History, HistoryProblem, ProblemKind, Revision

_ILLEGAL = frozenset("@-+:")
"""What alembic allows in no revision id, because it means something in its ranges."""


def make_history(read: Iterable[Revision], problems: Iterable[HistoryProblem] = ()) -> History:
    """Return the history of revisions given in the order of their files, in which ties are broken.

    Of two revisions with one id the later stays, as with alembic; it is a problem all the same.
    problems: those found before; the ones found here follow them.
    """
    found = list(problems)
    read = tuple(read)
    found += _own_problems(read)
    known = {revision.id: revision for revision in read}
    labelled = _labelled(read, known, found)
    resolved = [_resolved(revision, labelled) for revision in known.values()]
    known = {revision.id: revision for revision in resolved}
    found += _dangling(resolved, known)
    ordered, stuck = _sorted(resolved, known)
    found += _cycles(stuck)
    followed = {down for revision in resolved for down in revision.down}
    history = History(
        revisions=(*ordered, *stuck),
        heads=tuple(revision.id for revision in (*ordered, *stuck) if revision.id not in followed),
        bases=tuple(revision.id for revision in (*ordered, *stuck) if not revision.down),
    )
    return replace(history, problems=(*found, *_several_heads(history)))


def _own_problems(read: Sequence[Revision]) -> Iterator[HistoryProblem]:
    first: dict[str, Revision] = {}
    for revision in read:
        if illegal := sorted(_ILLEGAL.intersection(revision.id)):
            yield _problem(
                ProblemKind.ILLEGAL_ID, revision,
                f"revision id {revision.id!r} holds {' '.join(illegal)}, which alembic allows in no id", "rename it",
            )  # fmt: skip
        if revision.id in first:
            yield _problem(
                ProblemKind.DUPLICATE_ID, revision,
                f"revision {revision.id!r} is there twice, also in {first[revision.id].file}",
                "give one of them a new id, and whatever follows it",
            )  # fmt: skip
        first.setdefault(revision.id, revision)
        if not revision.upgrade_line:
            yield _problem(
                ProblemKind.MISSING_UPGRADE, revision, f"revision {revision.id!r} has no function upgrade()", "write it"
            )
        if revision.downgrade is Downgrade.MISSING:
            yield _problem(
                ProblemKind.MISSING_DOWNGRADE, revision, f"revision {revision.id!r} has no function downgrade()",
                "write it, or let it raise NotImplementedError with the reason why it cannot be taken back",
            )  # fmt: skip


def _labelled(
    read: Sequence[Revision], known: Mapping[str, Revision], found: list[HistoryProblem]
) -> Mapping[str, str]:
    """Return the revision of each name that `depends_on` may use: ids and branch labels."""
    names = {each: each for each in known}
    for revision in read:
        for label in revision.labels:
            if names.setdefault(label, revision.id) != revision.id or label in known:
                found.append(
                    _problem(
                        ProblemKind.DUPLICATE_LABEL, revision,
                        f"branch label {label!r} of revision {revision.id!r} is taken by revision {names[label]!r}",
                        "choose another",
                    )
                )  # fmt: skip
    return names


def _resolved(revision: Revision, names: Mapping[str, str]) -> Revision:
    """Return the revision with ids for the labels it depends on; an unknown name stays."""
    depends_on = tuple(dict.fromkeys(names.get(name, name) for name in revision.depends_on))
    return replace(revision, depends_on=depends_on) if depends_on != revision.depends_on else revision


def _dangling(revisions: Sequence[Revision], known: Mapping[str, Revision]) -> Iterator[HistoryProblem]:
    hint = "bring its file back, or name the revision that took its place"
    for revision in revisions:
        for down in revision.down:
            if down not in known:
                yield _problem(
                    ProblemKind.UNKNOWN_DOWN_REVISION, revision,
                    f"revision {revision.id!r} follows {down!r}, which is in no file", hint,
                )  # fmt: skip
        for needed in revision.depends_on:
            if needed not in known:
                yield _problem(
                    ProblemKind.UNKNOWN_DEPENDENCY, revision,
                    f"revision {revision.id!r} depends on {needed!r}, which is no revision and no branch label", hint,
                )  # fmt: skip


def _sorted(
    revisions: Sequence[Revision], known: Mapping[str, Revision]
) -> tuple[tuple[Revision, ...], tuple[Revision, ...]]:
    """Return the revisions oldest first, a branch to its end before the next, and those that a cycle keeps back."""
    waits = {revision.id: {each for each in parents(revision) if each in known} for revision in revisions}
    children: dict[str, list[str]] = {revision.id: [] for revision in revisions}
    for each, needed in waits.items():
        for parent in needed:
            children[parent].append(each)
    place = {revision.id: number for number, revision in enumerate(revisions)}
    ready = [revision.id for revision in reversed(revisions) if not waits[revision.id]]
    ordered: list[str] = []
    while ready:
        ordered.append(ready.pop())
        freed = []
        for child in children[ordered[-1]]:
            waits[child].discard(ordered[-1])
            if not waits[child]:
                freed.append(child)
        ready += sorted(freed, key=place.__getitem__, reverse=True)
    done = set(ordered)
    return tuple(known[each] for each in ordered), tuple(each for each in revisions if each.id not in done)


def _cycles(stuck: Sequence[Revision]) -> Iterator[HistoryProblem]:
    """Yield one problem a cycle; revisions that only follow a cycle are not named."""
    left = {revision.id: revision for revision in stuck}
    while left:
        leads_on = {each for revision in left.values() for each in parents(revision)}
        ends = [each for each in left if each not in leads_on]
        if ends:
            for each in ends:
                del left[each]
            continue
        cycle = _one_cycle(left)
        first = left[cycle[0]]
        is_by_down = all(later in left[each].down for each, later in pairwise(cycle))
        by = "down_revision" if is_by_down else "depends_on"
        yield _problem(
            ProblemKind.CYCLE, first, f"revisions wait for each other in a cycle of {by}: {' -> '.join(cycle)}",
            f"take one of them out of {by}",
        )  # fmt: skip
        for each in cycle[1:]:
            left.pop(each, None)


def _one_cycle(left: Mapping[str, Revision]) -> list[str]:
    """Return the ids along a cycle, the first again at the end, each followed by one it waits for."""
    walked = [next(iter(left))]
    while True:
        onward = next((each for each in parents(left[walked[-1]]) if each in left), None)
        if onward is None:  # a dead end behind a cycle that was named before
            return [walked[0], walked[0]]
        if onward in walked:
            return [*walked[walked.index(onward) :], onward]
        walked.append(onward)


def _several_heads(history: History) -> Iterator[HistoryProblem]:
    """Yield a problem where a history forks and no branch labels tell the ends apart; one end needs no label."""
    labels = {revision.id: revision.labels for revision in history.revisions}
    owned = [{name for each in lineage(history, head) for name in labels[each]} for head in history.heads]
    unnamed = [mine for mine in owned if not mine.difference(*(other for other in owned if other is not mine))]
    if len(history.heads) < 2 or len(unnamed) < 2:
        return
    last = next(each for each in reversed(history.revisions) if each.id in history.heads)
    yield _problem(
        ProblemKind.SEVERAL_HEADS, last, f"the history has {len(history.heads)} heads: {', '.join(history.heads)}",
        f"join them: alembic merge -m \"merge\" {' '.join(history.heads)}",
    )  # fmt: skip


def _problem(kind: ProblemKind, revision: Revision, message: str, hint: str) -> HistoryProblem:
    return HistoryProblem(kind, revision.id, revision.file, revision.line, message, hint)
