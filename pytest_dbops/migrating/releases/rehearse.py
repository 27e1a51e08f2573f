"""Record what a release runs while its own schema is there, and find what the next schema breaks of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.rehearsed import CompatibilityFailure
from pytest_dbops.migrating.filling.fences import judged_as_before, judged_now, without_forced_security
from pytest_dbops.migrating.filling.ground import Ground
from pytest_dbops.migrating.filling.plan import Planner, planner_for
from pytest_dbops.migrating.filling.present import read_present
from pytest_dbops.migrating.filling.product import product_of
from pytest_dbops.migrating.filling.recipes import Breadth
from pytest_dbops.migrating.filling.shapes import TableName
from pytest_dbops.migrating.filling.vocabulary import EMPTY, Vocabulary
from pytest_dbops.migrating.releases.causes import cause_of
from pytest_dbops.migrating.releases.statements import (
    ReleaseStatement,
    repeated_insert,
    short_insert,
    shortened,
    statements_of,
)


@frozen
class Release:
    """The statements a schema takes, and the schema."""

    catalog: Catalog
    statements: tuple[ReleaseStatement, ...]


def record_release(
    ground: Ground,
    catalog: Catalog,
    *,
    only: Collection[TableName] | None = None,
    vocabulary: Vocabulary = EMPTY,
    planner: Planner | None = None,
) -> Release:
    """Return what the release of this schema runs on all tables, or on some, as far as the schema takes it now.

    planner: one that has filled this schema, and knows its rows; without it they are read.
    New rows refer to rows that are there: fill the tables first. Nothing stays changed.
    Cost: two statements a table and one a column, under one savepoint a table where nothing is refused.
    """
    with without_forced_security(ground, catalog):
        if planner is None:
            planner = planner_for(catalog, Breadth.PLAIN, vocabulary)
            read_present(ground, planner.pools, product_of(catalog))
        made = _made(planner, catalog, only)
        refused = _refusals(ground, made, catalog)
    return Release(catalog, tuple(each for each, message in zip(made, refused, strict=True) if not message))


def broken_by(ground: Ground, release: Release, catalog: Catalog) -> tuple[CompatibilityFailure, ...]:
    """Return what of a release no longer runs on the schema there is now, one failure for each cause.

    catalog: the schema now. Nothing stays changed. Cost: as for recording.
    """
    with without_forced_security(ground, catalog):
        messages = _refusals(ground, release.statements, catalog)
    found: dict[tuple[object, ...], CompatibilityFailure] = {}
    for statement, message in zip(release.statements, messages, strict=True):
        if not message:
            continue
        breakage, column = cause_of(statement, message, release.catalog, catalog)
        table = release.catalog.table(*statement.table).display
        known = found.get((table, column, breakage))
        verbs = (*known.statements, statement.verb) if known else (statement.verb,)
        first = known.message if known else message
        failure = CompatibilityFailure(table, column, tuple(dict.fromkeys(verbs)), breakage, first)
        found[table, column, breakage] = failure
    return tuple(found.values())


def _made(planner: Planner, catalog: Catalog, only: Collection[TableName] | None) -> list[ReleaseStatement]:
    made: list[ReleaseStatement] = []
    for circle in planner.groups:
        for shape in circle:
            if only is not None and shape.key not in only:
                continue
            rows = planner.fresh_rows(shape, 2)
            made += statements_of(shape, rows[0] if rows else None, catalog)
            short = short_insert(shape, rows[1], catalog) if len(rows) > 1 else None
            made += [short] if short is not None else []
            twin = planner.twin(shape)
            made += [repeated_insert(shape, twin, catalog)] if twin is not None else []
    return made


def _refusals(ground: Ground, statements: Sequence[ReleaseStatement], catalog: Catalog) -> list[str]:
    """Run statements one after another, each table's as one story that is undone; return the refusals."""
    judged = [each for each in (judged_now(catalog), judged_as_before(catalog)) if each]
    stories = [list(run) for _, run in groupby(statements, key=lambda each: each.table)]
    # A story without a refusal is the rule, and as a whole costs a fraction; the only one is undone along with it.
    if len(stories) == 1 and not ground.attempt_in_vain(*_whole(stories[0], judged)):
        return [""] * len(statements)
    messages: list[str] = []
    with ground.undone():
        for story in stories:
            if len(stories) > 1 and not ground.attempt(*_whole(story, judged)):
                messages += [""] * len(story)
                continue
            messages += [ground.attempt(each.sql, *([] if each.verb == "SELECT" else judged)) for each in story]
    return messages


def _whole(story: Sequence[ReleaseStatement], judged: Sequence[str]) -> Iterator[str]:
    """Yield the statements of a table's story without a refusal, and what has its rules judged after each."""
    for verb, sql in shortened(story):
        yield sql
        yield from () if verb == "SELECT" else judged
