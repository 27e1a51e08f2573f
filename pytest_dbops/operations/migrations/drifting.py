"""Hold the schema that the migrations make against two others: that of the models, and that of the target."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from pytest_dbops.backends import backend_for
from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.catalog import Catalog, CatalogDiff, diff
from pytest_dbops.core.catalog.drift import said_by_models, without_tables, without_what_comes_along
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.core.session import Limits
from pytest_dbops.operations.child import hearing, run_child, schemes_of
from pytest_dbops.operations.embedded import url_variables
from pytest_dbops.operations.failing import failing_once
from pytest_dbops.operations.migrations.project import project_scripts
from pytest_dbops.operations.migrations.schema_cache import kept_schema
from pytest_dbops.operations.migrations.status import version_table_of
from pytest_dbops.operations.rehearsal import scratch_database

if TYPE_CHECKING:
    from pytest_dbops.operations.migrations.incremental import Judging

_CHILD = "pytest_dbops.operations.schema_child"
_LIMITS = Limits(connect_timeout_s=10, statement_timeout_s=120, lock_timeout_s=10)


def history_catalog(judging: Judging, only_to: tuple[str, ...] = ()) -> Catalog:
    """Return the schema that the migrations make, up to some revisions or to the heads, on a scratch database.

    What an earlier run has made of the same files is taken from the cache.
    """
    with failing_once(
        judging.run().shared_folder(), "schema at the target's revision" if only_to else "schema at the heads"
    ):
        return kept_schema(judging, only_to, lambda: _made(judging, is_of_models=False, only_to=only_to))


def model_difference(judging: Judging, head: Catalog) -> CatalogDiff:
    """Return what the models have and the migrations lack (added), and the other way (removed)."""
    with failing_once(judging.run().shared_folder(), "schema of the models"):
        models = _made(judging, is_of_models=True)
    ours, theirs = (_comparable(judging, each) for each in (head, models))
    return said_by_models(diff(ours, theirs))


def target_difference(judging: Judging, expected: Catalog, target: Catalog) -> CatalogDiff:
    """Return what the target has and its revision does not make (added), and the other way (removed)."""
    ours, theirs = (_comparable(judging, each) for each in (expected, target))
    return diff(ours, theirs)


def _made(judging: Judging, *, is_of_models: bool, only_to: tuple[str, ...] = ()) -> Catalog:
    config, project = judging.config, judging.config.project
    variables = url_variables(config)
    with ExitStack() as open_:
        url = open_.enter_context(scratch_database(config, judging.environment, judging.run(), judging.progress))
        request = {
            "root": str(config.root), "url": url, "variables": variables, "written": schemes_of(variables),
            "is_of_models": is_of_models, "metadata": project.metadata, "migrations": project.migrations,
            "baseline": project.baseline, "first_revision": project.first_revision, "only_to": only_to,
        }  # fmt: skip
        ended = run_child(_CHILD, request, cwd=config.root, without=variables, hear=hearing(judging.progress))
        ended.done(SecretMask(secrets_of_url(url)), "the process that makes the schema")
        backend = backend_for(judging.environment.dialect)
        opened = backend.open_session(url, limits=_LIMITS, expect=Expectation(), application="pytest-dbops drift")
        session = open_.enter_context(opened)
        catalog = backend.read_catalog(session)
        session.close()
    return catalog


def _comparable(judging: Judging, catalog: Catalog) -> Catalog:
    table = version_table_of(judging.config, project_scripts(judging.config))
    return without_what_comes_along(without_tables(catalog, {(table.schema, table.name)}))
