"""Hold the schema that the migrations make against two others: that of the models, and that of the target."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.catalog import Catalog, CatalogDiff, diff
from pytest_dbops.core.catalog.drift import freshly_made, said_by_models, without_tables, without_what_comes_along
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.operations.build_orders import url_variables
from pytest_dbops.operations.child import hearing, run_child, schemes_of
from pytest_dbops.operations.failing import failing_once
from pytest_dbops.operations.migrations.head_schema import HeadSchema, read_schema
from pytest_dbops.operations.migrations.project import project_scripts
from pytest_dbops.operations.migrations.schema_cache import kept_schema
from pytest_dbops.operations.migrations.status import version_table_of
from pytest_dbops.operations.rehearsal import Start, scratch_database

if TYPE_CHECKING:
    from pytest_dbops.operations.migrations.incremental import Judging

_CHILD = "pytest_dbops.operations.schema_child"


def history_catalog(
    judging: Judging, only_to: tuple[str, ...] = (), *, walked: Callable[[], HeadSchema | None] = lambda: None
) -> Catalog:
    """Return the schema that the migrations make, up to some revisions or to the heads.

    What this run has walked, or an earlier run has made of the same files, is taken; else it is made now.
    """

    def make(start: Start | None) -> Catalog:
        if start is not None:
            try:
                return _made(judging, only_to=only_to, start=start)
            except DbopsError as err:
                logger_of("migrations").info("the schema is made from empty: %s", " ".join(str(err).split()))
        return _made(judging, only_to=only_to)

    with failing_once(
        judging.run().shared_folder(), "schema at the target's revision" if only_to else "schema at the heads"
    ):
        return kept_schema(judging, only_to, make, walked)


def model_difference(judging: Judging, head: Catalog) -> CatalogDiff:
    """Return what the models have and the migrations lack (added), and the other way (removed)."""
    with failing_once(judging.run().shared_folder(), "schema of the models"):
        models = _made(judging, is_of_models=True)
    ours, theirs = (_comparable(judging, each) for each in (head, models))
    return said_by_models(diff(ours, theirs))


def catalog_before(judging: Judging, target: Catalog) -> Catalog:
    """Return what a target holds to which no revision is applied: nothing, or what the history starts from.

    A target without tables is still to get its baseline.
    """
    project = judging.config.project
    if not project.baseline or project.first_revision or not _comparable(judging, target).tables:
        return freshly_made(target)
    with failing_once(judging.run().shared_folder(), "schema of the baseline"):
        return _made(judging, is_of_baseline=True)


def target_difference(judging: Judging, expected: Catalog, target: Catalog) -> CatalogDiff:
    """Return what the target has and its revision does not make (added), and the other way (removed)."""
    ours, theirs = (_comparable(judging, each) for each in (expected, target))
    return diff(ours, theirs)


def _made(
    judging: Judging,
    *,
    is_of_models: bool = False,
    is_of_baseline: bool = False,
    only_to: tuple[str, ...] = (),
    start: Start | None = None,
) -> Catalog:
    config, project = judging.config, judging.config.project
    variables = url_variables(config)
    has_baseline = bool(project.baseline) and start is None
    empty = partial(scratch_database, config, judging.environment, judging.run(), judging.progress)
    with (start.databases if start else empty)() as url:
        request = {
            "root": str(config.root), "url": url, "variables": variables, "written": schemes_of(variables),
            "is_of_models": is_of_models, "metadata": project.metadata,
            "migrations": "" if is_of_baseline else project.migrations,
            "baseline": project.baseline if has_baseline else "", "first_revision": project.first_revision,
            "only_to": only_to,
        }  # fmt: skip
        ended = run_child(_CHILD, request, cwd=config.root, without=variables, hear=hearing(judging.progress))
        ended.done(SecretMask(secrets_of_url(url)), "the process that makes the schema")
        return read_schema(judging.environment, url)


def _comparable(judging: Judging, catalog: Catalog) -> Catalog:
    table = version_table_of(judging.config, project_scripts(judging.config))
    return without_what_comes_along(without_tables(catalog, {(table.schema, table.name)}))
