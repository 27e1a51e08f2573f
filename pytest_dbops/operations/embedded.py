"""The databases the tool makes itself: development as a SQLite file, testing on a scratch PostgreSQL.

Both are the tool's own. They are migrated and filled on first use, and built anew when the project's migrations,
seeders or models have changed; whoever keeps data of their own gives the environment a url.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

from pytest_dbops.backends import backend_for
from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.backends.sqlite.settle import settle
from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import embedded_path, environment_urls, scratch_request
from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError
from pytest_dbops.core.scratch import AdminConnection, ScratchServer, ServerRequest
from pytest_dbops.core.secret import Secret
from pytest_dbops.operations.build import BuildOrder, Built, Progress, run_build, stamp_of
from pytest_dbops.operations.failing import failing_once
from pytest_dbops.operations.runs import Run
from pytest_dbops.operations.shared import locked
from pytest_dbops.provisioning.databases import create_database, create_role, drop_database, identifier, new_name
from pytest_dbops.provisioning.leftovers import drop_made_by_run
from pytest_dbops.provisioning.refusal import refuse_if_environment
from pytest_dbops.provisioning.runs import RunFolder
from pytest_dbops.provisioning.servers import acquire

PUBLISHED = "embedded-"
GIVEN_SERVER = "url"
_BESIDE = ("", "-wal", "-shm", "-journal")


def embedded_url(config: Config, environment: Environment, run: Run, *, progress: Progress) -> str:
    """Return the URL of an embedded environment's database, built first where that is needed.

    Raises ConfigError or CannotJudge, one line, when it cannot be built; a build that failed in one process of a
    run is not tried again by the others.
    """
    order = build_order(config, environment)
    if environment.dialect == "sqlite":
        return _sqlite_url(embedded_path(config, environment), order, run, progress)
    return _postgresql_url(config, environment, order, run, progress)


def build_order(config: Config, environment: Environment) -> BuildOrder:
    """Return what an embedded database of this environment is made of."""
    project, seeding = config.project, environment.policy.seeding
    if project.seeders and seeding.enabled and not project.metadata:
        raise ConfigError(
            f"[project] seeders {project.seeders!r} need the tables they fill (add to [project]: metadata ="
            ' "yourpackage.models:metadata")'
        )
    return BuildOrder(
        root=config.root,
        migrations=project.migrations or "",
        baseline=project.baseline or "",
        first_revision=project.first_revision or "",
        metadata=project.metadata or "",
        seeders=(project.seeders or "") if seeding.enabled else "",
        variables=url_variables(config),
    )


def refuse_empty(config: Config, environment: Environment) -> None:
    """Raise ConfigError for an embedded environment that nothing is put into: a gate on it would be green in vain."""
    order = build_order(config, environment)
    if not (order.migrations or order.baseline or order.seeders):
        raise ConfigError(
            f"environment {environment.name!r} is embedded, and there is nothing to build it from (add to [project]:"
            ' migrations = "migrations", or give the environment a url)'
        )


def safe_scratch_request(config: Config) -> ServerRequest:
    """Return the scratch server the project asks for; refuses one that is an environment's own database."""
    request = scratch_request(config)
    if request.url is not None:
        refuse_if_environment(request.url, environment_urls(config))
    return request


def url_variables(config: Config) -> tuple[str, ...]:
    """Return the names of the variables that hold URLs of servers; the project's code gets none of them."""
    written = [environment.url_reference for environment in config.environments.values()]
    if config.scratch.url is not None:
        written.append(config.scratch.url.written)
    return tuple(sorted({name.removeprefix("env:") for name in written if name.startswith("env:")}))


# SQLite: a file, kept from run to run.


def _sqlite_url(file: Path, order: BuildOrder, run: Run, progress: Progress) -> str:
    _make_folder(file.parent)
    with locked(file.with_suffix(".lock")):
        if not _is_current(file, order):
            with failing_once(run.shared_folder(), file.stem):
                _build_file(file, order, progress)
    return f"sqlite:///{file}"


def _make_folder(folder: Path) -> None:
    """Make the folder of what is ours; it never shows in the project's version control."""
    try:
        folder.mkdir(exist_ok=True)
        if not (folder / ".gitignore").exists():
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as err:
        raise CannotJudge(
            f"the embedded database has no place: {str(folder)!r} cannot be made: {err.strerror} (make the project's"
            " folder writable, or give the environment a url)"
        ) from err


def _is_current(file: Path, order: BuildOrder) -> bool:
    try:
        record = json.loads(_record_of(file).read_text(encoding="utf-8"))
        heads, files, read, libraries = (tuple(record[name]) for name in ("heads", "files", "read", "libraries"))
        built = Built(heads, files, read, libraries)
        return file.exists() and bool(record["stamp"]) and record["stamp"] == stamp_of(order, built)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _build_file(file: Path, order: BuildOrder, progress: Progress) -> None:
    """Build under another name and rename when complete, so that a killed build never looks finished."""
    for left in file.parent.glob(f"{file.stem}.*.unfinished*"):
        left.unlink(missing_ok=True)
    unfinished = file.with_suffix(f".{secrets.token_hex(4)}.unfinished")
    try:
        built = run_build(order, f"sqlite:///{unfinished}", progress=progress)
        settle(unfinished)
        _record_of(file).unlink(missing_ok=True)
        for beside in _BESIDE[1:]:
            file.with_name(file.name + beside).unlink(missing_ok=True)
        unfinished.replace(file)
        write_durably(_record_of(file), json.dumps(asdict(built)).encode())
    finally:
        for beside in _BESIDE:
            unfinished.with_name(unfinished.name + beside).unlink(missing_ok=True)


def _record_of(file: Path) -> Path:
    return file.with_suffix(".json")


# PostgreSQL: a database on the run's scratch server, gone with the run.


def _postgresql_url(config: Config, environment: Environment, order: BuildOrder, run: Run, progress: Progress) -> str:
    owner = run.get()
    server = acquire(owner, safe_scratch_request(config), connect=connect_admin, progress=progress)
    published = owner.path / f"{PUBLISHED}{environment.name}.json"
    with locked(owner.path / f"{PUBLISHED}{environment.name}.lock"):
        made = _published(published)
        if not made.get("is_ready"):
            with failing_once(owner.path, environment.name), closing(connect_admin(server.admin_url)) as admin:
                _refuse_plain_role(server, admin)
                _drop(server, admin, made)
                made = _build_database(server, admin, environment, order, published, progress)
    return server.url(str(made["database"]), role=str(made["reader"]))


def _published(file: Path) -> Mapping[str, object]:
    """Return what this run has made of a database so far; nothing when there is none, or its maker wrote half."""
    try:
        made = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return made if isinstance(made, dict) else {}


def _refuse_plain_role(server: ScratchServer, admin: AdminConnection) -> None:
    """Refuse a given server on which we could make a database, but not hand it to roles of its own."""
    if admin.scalar("SELECT rolsuper::text FROM pg_catalog.pg_roles WHERE rolname = current_user") != "true":
        raise CannotJudge(
            f"the scratch server at {server.host}:{server.port} is entered as {server.superuser!r}, who is no"
            " superuser; databases are made there with roles of their own (give one in SHADOW_DATABASE_URL, or leave it"
            " out: a server of our own is started)"
        )


def _build_database(
    server: ScratchServer, admin: AdminConnection, environment: Environment, order: BuildOrder, published: Path,
    progress: Progress,
) -> Mapping[str, object]:  # fmt: skip
    """Make, migrate and fill a database; it is published as ready last of all."""
    name = new_name(server)
    made = {"database": name, "owner": f"{name}_owner", "reader": f"{name}_gate", "server": server.key}
    write_durably(published, json.dumps(made | {"is_ready": False}).encode())
    create_role(server, admin, made["owner"])
    create_database(server, admin, name, owner=made["owner"])
    run_build(order, server.url(name, role=made["owner"]), progress=progress)
    _make_reader(server, made["database"], made["reader"], environment)
    ready = made | {"is_ready": True}
    write_durably(published, json.dumps(ready).encode())
    return ready


def _make_reader(server: ScratchServer, database: str, reader: str, environment: Environment) -> None:
    """Make the role the gate logs in as, by the very statements `dbops env grant` prints for real databases."""
    placed = replace(environment, url=Secret(server.url(database)))
    with closing(connect_admin(server.url(database))) as admin:
        create_role(server, admin, reader)
        for statement in backend_for("postgresql").grant_statements(placed, reader)[1:]:
            if not statement.startswith("--"):
                admin.execute(statement)
        # The database is ours and holds made-up rows, so the reader may see past row-level security.
        admin.execute(f"ALTER ROLE {identifier(reader)} BYPASSRLS")


def _drop(server: ScratchServer, admin: AdminConnection, made: Mapping[str, object]) -> None:
    """Drop what a maker left that died while making."""
    if "database" not in made:
        return
    drop_database(server, admin, str(made["database"]))
    for role in (made["reader"], made["owner"]):
        admin.execute(f"DROP ROLE IF EXISTS {identifier(str(role))}")


def drop_embedded(run: RunFolder, config: Config) -> None:
    """Drop what a run made on a server that is not ours; a server of ours ends with all that is on it.

    Never raises: what cannot be dropped now carries our mark, and is dropped by a later run on that server.
    """
    if all(_published(file).get("server") != GIVEN_SERVER for file in run.path.glob(f"{PUBLISHED}*.json")):
        return
    try:
        server = acquire(run, safe_scratch_request(config), connect=connect_admin)
        with closing(connect_admin(server.admin_url)) as admin:
            drop_made_by_run(server, admin)
    except DbopsError as err:
        logger_of("database").warning("what this run made on the scratch server is left for a later run: %s", err)
