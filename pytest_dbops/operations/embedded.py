"""The databases the tool makes itself: development as a SQLite file, testing on a scratch PostgreSQL.

Both are the tool's own. They are migrated and filled on first use, and built anew when the project's migrations,
seeders or models have changed; whoever keeps data of their own gives the environment a url.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from pytest_dbops.backends import backend_for
from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import embedded_path, environment_urls, scratch_request
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.scratch import ScratchServer, ServerRequest
from pytest_dbops.core.secret import Secret
from pytest_dbops.operations.build import BuildOrder, Built, Progress, run_build, stamp_of
from pytest_dbops.operations.runs import Run
from pytest_dbops.operations.shared import locked
from pytest_dbops.provisioning.databases import create_database, create_role, drop_database, identifier, new_name
from pytest_dbops.provisioning.refusal import refuse_if_environment
from pytest_dbops.provisioning.runs import RunFolder
from pytest_dbops.provisioning.servers import acquire

PUBLISHED = "embedded-"
GIVEN_SERVER = "url"


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
        variables=url_variables(config),
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
    published = owner.path / f"{PUBLISHED}{environment.name}.json"
    with locked(owner.path / f"{PUBLISHED}{environment.name}.lock"):
        if published.exists():
            made = json.loads(published.read_text(encoding="utf-8"))
            return server.url(made["database"], role=made["reader"])
        name = new_name(server)
        made = {"database": name, "owner": f"{name}_owner", "reader": f"{name}_gate", "server": server.key}
        _make_database(server, made)
        published.write_text(json.dumps(made), encoding="utf-8")
        url = server.url(name, role=made["owner"])
        run_build(order, url.replace("postgresql://", "postgresql+psycopg://", 1), progress=progress)
        _make_reader(server, made, environment)
        return server.url(name, role=made["reader"])


def _make_database(server: ScratchServer, made: Mapping[str, str]) -> None:
    with closing(connect_admin(server.admin_url)) as admin:
        create_role(server, admin, made["owner"])
        create_database(server, admin, made["database"], owner=made["owner"])


def _make_reader(server: ScratchServer, made: Mapping[str, str], environment: Environment) -> None:
    """Make the role the gate logs in as, by the very statements `dbops env grant` prints for real databases."""
    placed = replace(environment, url=Secret(server.url(made["database"])))
    with closing(connect_admin(server.url(made["database"]))) as admin:
        create_role(server, admin, made["reader"])
        for statement in backend_for("postgresql").grant_statements(placed, made["reader"])[1:]:
            if not statement.startswith("--"):
                admin.execute(statement)
        # The database is ours and holds made-up rows, so the reader may see past row-level security.
        admin.execute(f"ALTER ROLE {identifier(made['reader'])} BYPASSRLS")


def drop_embedded(run: RunFolder, config: Config) -> None:
    """Drop what a run made on a server that is not ours; a server of ours ends with all that is on it."""
    for published in run.path.glob(f"{PUBLISHED}*.json"):
        made = json.loads(published.read_text(encoding="utf-8"))
        if made["server"] != GIVEN_SERVER:
            continue
        server = acquire(run, safe_scratch_request(config), connect=connect_admin)
        with closing(connect_admin(server.admin_url)) as admin:
            drop_database(server, admin, made["database"])
            for role in (made["reader"], made["owner"]):
                admin.execute(f"DROP ROLE IF EXISTS {identifier(role)}")
        published.unlink()


def url_variables(config: Config) -> tuple[str, ...]:
    """Return the names of the variables that hold URLs of environments; the project's code gets none of them."""
    references = (environment.url_reference for environment in config.environments.values())
    return tuple(sorted({r.removeprefix("env:") for r in references if r.startswith("env:")}))
