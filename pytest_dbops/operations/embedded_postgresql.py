"""The embedded PostgreSQL database: on the run's scratch server, gone with the run.

On a server of our own it is cloned from a template that is kept in the user's cache for as long as nothing that
shaped it changes; on a server that is given by a URL, or in a container, nothing stays, and it is built each time.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from pytest_dbops.backends import backend_for
from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import environment_urls, scratch_request
from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import CannotJudge, DbopsError
from pytest_dbops.core.scratch import AdminConnection, Origin, ScratchServer, TemplateFingerprint
from pytest_dbops.core.secret import Secret
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.operations.build import BuildOrder, Progress, run_build
from pytest_dbops.operations.built_record import current_template, make_folder, write_record
from pytest_dbops.operations.failing import failing_once
from pytest_dbops.operations.runs import Run
from pytest_dbops.operations.shared import locked
from pytest_dbops.provisioning.databases import create_database, create_role, drop_database, identifier, new_name
from pytest_dbops.provisioning.discovery import discover_first
from pytest_dbops.provisioning.leftovers import drop_made_by_run
from pytest_dbops.provisioning.refusal import refuse_if_environment
from pytest_dbops.provisioning.runs import RunFolder
from pytest_dbops.provisioning.servers import acquire
from pytest_dbops.provisioning.templated import acquire_with_template
from pytest_dbops.provisioning.templates import clone

PUBLISHED = "embedded-"
GIVEN_SERVER = "url"
TEMPLATE_OWNER = "dbops_embedded_owner"


def postgresql_url(
    config: Config, environment: Environment, order: BuildOrder, run: Run, progress: Progress, *, record: Path
) -> str:
    """Return the URL of the run's database, entered as a role that may only look; made by the first that asks.

    record: where is written, for later runs, what the kept template was made of.
    """
    folder, request = run.get(), safe_scratch_request(config)
    published = folder.path / f"{PUBLISHED}{environment.name}.json"
    with locked(published.with_suffix(".lock")):
        made = _published(published)
        if not made.get("is_ready"):
            with failing_once(folder.path, environment.name):
                if _is_worth_keeping(order) and _keeps_templates(request):
                    made = _clone_template(folder, request, environment, order, progress, record)
                else:
                    made = _build_anew(folder, request, environment, order, progress, published)
                server = _attach(folder, request, str(made["template"]))
                made = {**made, "is_ready": True, "origin": server.origin.value, "version": server.version}
                write_durably(published, json.dumps(made).encode())
        server = _attach(folder, request, str(made["template"]))
    return server.url(str(made["database"]), role=str(made["reader"]))


def scratch_place(environment: Environment, run: Run, wanted: int | None) -> tuple[str, str]:
    """Return what serves the run's database, and one line when its version is not the wanted one; else nothing.

    Both are empty in a run that has made no such database.
    """
    folder = run.shared_folder()
    made = _published(folder / f"{PUBLISHED}{environment.name}.json") if folder is not None else {}
    if "version" not in made:
        return "", ""
    version = str(made["version"])
    note = ""
    if wanted is not None and version.split(".")[0] != str(wanted):
        note = (
            f"the scratch server is PostgreSQL {version}; [scratch] major = {wanted} is not to be had here"
            f' (for exactly {wanted}: [scratch] server = "container:postgres:{wanted}")'
        )
    return f"scratch PostgreSQL {version} ({made['origin']})", note


def safe_scratch_request(config: Config) -> ServerRequest:
    """Return the scratch server the project asks for; refuses one that is an environment's own database."""
    request = scratch_request(config)
    if request.url is not None:
        refuse_if_environment(request.url, environment_urls(config))
    return request


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


def refuse_plain_role(server: ScratchServer, admin: AdminConnection) -> None:
    """Refuse a given server on which we could make a database, but not hand it to roles of its own."""
    if admin.scalar("SELECT rolsuper::text FROM pg_catalog.pg_roles WHERE rolname = current_user") != "true":
        raise CannotJudge(
            f"the scratch server at {server.host}:{server.port} is entered as {server.superuser!r}, who is no"
            " superuser; databases are made there with roles of their own (give one in SHADOW_DATABASE_URL, or leave it"
            " out: a server of our own is started)"
        )


def _published(file: Path) -> Mapping[str, object]:
    """Return what this run has made of a database so far; nothing when there is none, or its maker wrote half."""
    try:
        made = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return made if isinstance(made, dict) else {}


def _is_worth_keeping(order: BuildOrder) -> bool:
    return bool(order.migrations or order.baseline or order.seeders)


def _keeps_templates(request: ServerRequest) -> bool:
    found = discover_first(request).taken
    return found is not None and found.origin in (Origin.SYSTEM, Origin.WHEEL)


def _attach(folder: RunFolder, request: ServerRequest, template: str) -> ScratchServer:
    """Return the run's server that the database is on."""
    if not template:
        return acquire(folder, request, connect=connect_admin)
    shaped_by = TemplateFingerprint(template)
    server, _ = acquire_with_template(folder, request, shaped_by, _lost, connect=connect_admin, owner=TEMPLATE_OWNER)
    return server


def _lost(url: str) -> NoReturn:
    raise CannotJudge("the scratch server of this run has ended, and its template is no longer kept (run it again)")


def _clone_template(
    folder: RunFolder, request: ServerRequest, environment: Environment, order: BuildOrder, progress: Progress,
    record: Path,
) -> Mapping[str, object]:  # fmt: skip
    """Clone the database from the kept template, which is built first where what shaped it has changed."""
    template = current_template(record, order) or secrets.token_hex(32)

    def build(url: str) -> None:
        built = run_build(order, url, progress=progress)
        with suppress(CannotJudge, OSError):  # where nothing can be written, nothing is kept for the next run
            make_folder(record.parent)
            write_record(record, built, template=template)

    server, name = acquire_with_template(
        folder, request, TemplateFingerprint(template), build, connect=connect_admin, owner=TEMPLATE_OWNER,
        progress=progress,
    )  # fmt: skip
    with closing(connect_admin(server.admin_url)) as admin:
        database = clone(server, admin, name)
    reader = f"{database}_gate"
    _make_reader(server, database, reader, environment)
    return {"database": database, "reader": reader, "server": server.key, "template": template}


def _build_anew(
    folder: RunFolder, request: ServerRequest, environment: Environment, order: BuildOrder, progress: Progress,
    published: Path,
) -> Mapping[str, object]:  # fmt: skip
    """Make, migrate and fill a database; what a maker left that died while making is dropped first."""
    server = acquire(folder, request, connect=connect_admin, progress=progress)
    with closing(connect_admin(server.admin_url)) as admin:
        refuse_plain_role(server, admin)
        _drop(server, admin, _published(published))
        name = new_name(server)
        made = {"database": name, "owner": f"{name}_owner", "reader": f"{name}_gate", "server": server.key}
        write_durably(published, json.dumps(made).encode())
        create_role(server, admin, made["owner"])
        create_database(server, admin, name, owner=made["owner"])
    run_build(order, server.url(name, role=made["owner"]), progress=progress)
    _make_reader(server, name, made["reader"], environment)
    return {**made, "template": ""}


def _drop(server: ScratchServer, admin: AdminConnection, made: Mapping[str, object]) -> None:
    if "database" not in made:
        return
    drop_database(server, admin, str(made["database"]))
    for role in (made["reader"], made["owner"]):
        admin.execute(f"DROP ROLE IF EXISTS {identifier(str(role))}")


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
