"""What a gate needs to judge tenants: the trial on a migrated and seeded scratch database, made once a run and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from pytest_dbops import __version__
from pytest_dbops.backends import backend_for
from pytest_dbops.config.logs import logger_of
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.codec import from_json, to_compact_json
from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.seed_request import SeedRequest
from pytest_dbops.core.session import Limits
from pytest_dbops.core.tenancy import Isolation, TenantScope, tenant_scope
from pytest_dbops.operations.build import BuildOrder, Built, run_build, stamp_of
from pytest_dbops.operations.build_orders import known_key_ids, url_variables
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.failing import failing_once
from pytest_dbops.operations.inputs import Inputs, Piece
from pytest_dbops.operations.rehearsal import scratch_database, scratch_version

if TYPE_CHECKING:
    from pytest_dbops.config.model import Config
    from pytest_dbops.core.environment import Environment
    from pytest_dbops.operations.runs import Run

_LIMITS = Limits(connect_timeout_s=10, statement_timeout_s=120, lock_timeout_s=10)
_TENANTS = SeedRequest(organizations=(1, 2))
_SCHEMA = 2


def inputs_of_tenancy(
    config: Config, environment: Environment, progress: Progress, run: Callable[[], Run]
) -> dict[str, Piece]:
    """Return what makes the input that comes of trying tenants against each other."""

    def tried(inputs: Inputs) -> Isolation:
        _refuse_without_tenants(inputs, config)
        return rehearse_isolation(config, environment, progress, run())

    return {"isolation": (Isolation, tried)}


def rehearse_isolation(config: Config, environment: Environment, progress: Progress, run: Run) -> Isolation:
    """Try the tenants of a project; what an earlier run found of the same files is taken from the cache."""
    order = _order(config, environment)
    file = config.root / ".dbops" / f"tenants-{environment.dialect}.json"
    server = f"{environment.dialect} {scratch_version(config, environment, run, progress)}"
    asked = _asked(config, server)
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(file.read_bytes())
        if kept["asked"] == asked and kept["stamp"] == stamp_of(order, from_json(Built, kept["built"])):
            return from_json(Isolation, kept["found"])
    with failing_once(run.shared_folder(), "isolation"):
        found, built = _rehearsed(config, environment, order, progress, run)
    told = {"asked": asked, "stamp": built.stamp, "built": asdict(built), "found": to_compact_json(found)}
    if built.stamp:
        try:
            file.parent.mkdir(exist_ok=True)
            write_durably(file, json.dumps(told).encode())
        except OSError as err:
            logger_of("compliance").info("what was found of the tenants is not kept: %s", err.strerror)
    return found


def _refuse_without_tenants(inputs: Inputs, config: Config) -> None:
    """Spare a project without tenants the scratch database; its target shows whether it has any."""
    catalog = inputs.get("catalog")
    assert isinstance(catalog, Catalog)
    scope = tenant_scope(catalog, config.tenancy)
    if not scope.tables or scope.is_guessed:
        raise DoesNotApply("no table is known to be a tenant's ([tenancy] column says which column names the tenant)")


def _order(config: Config, environment: Environment) -> BuildOrder:
    project = config.project
    return BuildOrder(
        root=config.root, migrations=project.migrations, baseline=project.baseline,
        first_revision=project.first_revision, metadata=project.metadata,
        seeders=project.seeders if project.metadata else "", variables=url_variables(config), seeding=_TENANTS,
        environment=environment.name, keys=known_key_ids(config, environment),
    )  # fmt: skip


def _asked(config: Config, server: str) -> str:
    """Return a hash of what shapes a trial beside the project's files."""
    shaped = [_SCHEMA, __version__, server, to_compact_json(config.tenancy), to_compact_json(config.access)]
    return hashlib.sha256(json.dumps(shaped).encode()).hexdigest()


def _rehearsed(
    config: Config, environment: Environment, order: BuildOrder, progress: Progress, run: Run
) -> tuple[Isolation, Built]:
    progress("trying tenants against each other on a scratch database")
    if environment.dialect == "sqlite":
        return _on_sqlite(config, environment, order, progress, run)
    from pytest_dbops.backends.postgresql.tenancy.playing import grant_role, make_role
    from pytest_dbops.backends.postgresql.tenancy.trial import Trial, try_isolation

    admin, role = "", ""

    def prepare(admin_url: str) -> Sequence[str]:
        nonlocal admin, role
        admin, role = admin_url, _role_beside(admin_url)
        make_role(admin_url, role)
        return (f'"{role}"',)

    with scratch_database(config, environment, run, progress, prepare=prepare) as url:
        built = run_build(order, url, progress=progress)
        catalog, scope = _schema_of(config, environment, admin)
        _fill_unseeded(order, url, catalog, progress)
        rule = config.access.rule(config.tenancy.role)
        grant_role(admin, role, catalog, scope, declared=config.tenancy.role, rule=rule)
        progress(f"trying {len(scope.tables)} tables of tenants")
        found = try_isolation(Trial(admin, catalog, scope, role), shown_role=config.tenancy.role or "a plain role")
    return found, built


def _on_sqlite(
    config: Config, environment: Environment, order: BuildOrder, progress: Progress, run: Run
) -> tuple[Isolation, Built]:
    from pytest_dbops.operations.tenancy.guard_trial import try_guard

    with scratch_database(config, environment, run, progress) as url:
        built = run_build(order, url, progress=progress)
        catalog, scope = _schema_of(config, environment, url)
        _fill_unseeded(order, url, catalog, progress)
        progress(f"trying {len(scope.tables)} tables of tenants")
        return try_guard(url, catalog, scope), built


def _fill_unseeded(order: BuildOrder, url: str, catalog: Catalog, progress: Progress) -> None:
    """Generate rows where the project has no seeders."""
    if not order.seeders:
        from pytest_dbops.operations.tenancy.rows import generate_rows

        progress("generating rows of tenants")
        generate_rows(url, catalog)


def _schema_of(config: Config, environment: Environment, url: str) -> tuple[Catalog, TenantScope]:
    backend = backend_for(environment.dialect)
    with _session(backend.name, url) as catalog:
        scope = tenant_scope(catalog, config.tenancy)
    if not scope.tables:
        raise CannotJudge("what the migrations make has no table of a tenant ([tenancy] column)")
    return catalog, scope


@contextmanager
def _session(dialect: str, url: str) -> Iterator[Catalog]:
    backend = backend_for(dialect)
    with backend.open_session(
        url, limits=_LIMITS, expect=Expectation(), application="pytest-dbops tenants"
    ) as session:  # fmt: skip
        yield backend.read_catalog(session)


def _role_beside(admin_url: str) -> str:
    """Return a role's name that no other database's trial has: the database's, which is the run's own."""
    from pytest_dbops.backends.postgresql.urls import parameters

    return f"{parameters(admin_url)['dbname']}_app"
