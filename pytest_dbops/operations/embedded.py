"""The databases the tool makes itself: development as a SQLite file, testing on a scratch PostgreSQL.

Both are the tool's own. They are migrated and filled on first use, and built anew when the project's migrations,
seeders or models have changed; whoever keeps data of their own gives the environment a url.
"""

from __future__ import annotations

import json
from pathlib import Path

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import embedded_path, environment_urls, scratch_request
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.scratch import ServerRequest
from pytest_dbops.operations.build import BuildOrder, Built, Progress, run_build, stamp_of
from pytest_dbops.operations.runs import Run
from pytest_dbops.operations.shared import locked
from pytest_dbops.provisioning.databases import create_database, create_role, new_name
from pytest_dbops.provisioning.refusal import refuse_if_environment
from pytest_dbops.provisioning.servers import acquire


def embedded_url(config: Config, environment: Environment, run: Run, *, progress: Progress) -> str:
    """Return the URL of an embedded environment's database, built first where that is needed.

    Raises ConfigError or CannotJudge, one line, when it cannot be built.
    """
    order = build_order(config, environment)
    if environment.dialect == "sqlite":
        return _sqlite_url(embedded_path(config, environment), order, progress)
    return _postgresql_url(config, environment, order, run, progress)


def build_order(config: Config, environment: Environment) -> BuildOrder:
    """Return what an embedded database of this environment is made of."""
    project, seeding = config.project, environment.policy.seeding
    return BuildOrder(
        root=config.root,
        migrations=project.migrations or "",
        baseline=project.baseline or "",
        first_revision=project.first_revision or "",
        metadata=project.metadata or "",
        seeders=(project.seeders or "") if seeding.enabled and project.metadata else "",
        variables=_url_variables(config),
    )


def safe_scratch_request(config: Config) -> ServerRequest:
    """Return the scratch server the project asks for; refuses one that is an environment's own database."""
    request = scratch_request(config)
    if request.url is not None:
        refuse_if_environment(request.url, environment_urls(config))
    return request


def _sqlite_url(file: Path, order: BuildOrder, progress: Progress) -> str:
    file.parent.mkdir(exist_ok=True)
    with locked(file.with_suffix(".lock")):
        if not _is_current(file, order):
            _build_file(file, order, progress)
    return f"sqlite:///{file}"


def _is_current(file: Path, order: BuildOrder) -> bool:
    try:
        record = json.loads(_record_of(file).read_text(encoding="utf-8"))
        return file.exists() and bool(record["stamp"] == stamp_of(order, record["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _build_file(file: Path, order: BuildOrder, progress: Progress) -> None:
    """Build under another name and rename when complete, so that a killed build never looks finished."""
    unfinished = file.with_suffix(".unfinished")
    _remove(unfinished)
    built = run_build(order, f"sqlite:///{unfinished}", progress=progress)
    _remove(file)
    unfinished.replace(file)
    _record_of(file).write_text(json.dumps(_record(order, built)), encoding="utf-8")


def _record_of(file: Path) -> Path:
    return file.with_suffix(".json")


def _record(order: BuildOrder, built: Built) -> dict[str, object]:
    return {"stamp": stamp_of(order, built.files), "files": list(built.files), "heads": list(built.heads)}


def _remove(file: Path) -> None:
    for path in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm"), _record_of(file)):
        path.unlink(missing_ok=True)


def _postgresql_url(config: Config, environment: Environment, order: BuildOrder, run: Run, progress: Progress) -> str:
    owner = run.get()
    server = acquire(owner, safe_scratch_request(config), connect=connect_admin, progress=progress)
    published = owner.path / f"embedded-{environment.name}.json"
    with locked(owner.path / f"embedded-{environment.name}.lock"):
        if published.exists():
            place = json.loads(published.read_text(encoding="utf-8"))
            return server.url(place["database"], role=place["role"])
        name = new_name(server)
        role = f"{name}_owner"
        admin = connect_admin(server.admin_url)
        try:
            create_role(server, admin, role)
            create_database(server, admin, name, owner=role)
        finally:
            admin.close()
        url = server.url(name, role=role)
        run_build(order, url.replace("postgresql://", "postgresql+psycopg://", 1), progress=progress)
        published.write_text(json.dumps({"database": name, "role": role}), encoding="utf-8")
        return url


def _url_variables(config: Config) -> tuple[str, ...]:
    references = (environment.url_reference for environment in config.environments.values())
    return tuple(sorted({r.removeprefix("env:") for r in references if r.startswith("env:")}))
