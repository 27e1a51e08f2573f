"""A server that starts with its template in place: built once, kept in the user's cache across runs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pytest_dbops.core.scratch import AdminConnect, Candidate, Origin, Progress, ScratchServer, TemplateFingerprint
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning.clusters import copy_cluster, launch_cluster, recipe_of, start_copy, stop_cleanly
from pytest_dbops.provisioning.databases import create_role
from pytest_dbops.provisioning.discovery import discover_first, require
from pytest_dbops.provisioning.ending import close_run
from pytest_dbops.provisioning.headstart import HeadStart
from pytest_dbops.provisioning.images import (
    SEPARATOR,
    SUPERUSER,
    Recipe,
    ensure_image,
    ensure_stored,
    images_folder,
    let_go,
    store_image,
)
from pytest_dbops.provisioning.launch import Supervised
from pytest_dbops.provisioning.records import ServerRecord, as_server
from pytest_dbops.provisioning.runs import RunFolder, create_run
from pytest_dbops.provisioning.servers import acquire, quiet, reason_for, server_key, shared_server
from pytest_dbops.provisioning.templates import BUILD_PATIENCE_S, clone, ensure_template, template_name

Build = Callable[[str], None]
_SHARED = (Origin.URL, Origin.CONTAINER)


def acquire_with_template(
    run: RunFolder,
    request: ServerRequest,
    shaped_by: TemplateFingerprint,
    build: Build,
    *,
    connect: AdminConnect,
    owner: str | None = None,
    finish: Build | None = None,
    spare: str = "",
    meanwhile: Callable[[], None] = lambda: None,
    head_start: HeadStart | None = None,
    progress: Progress = quiet,
) -> tuple[ScratchServer, str]:
    """Return a server of the run that holds the template of a fingerprint, and the template's name.

    build: fills an empty database, given its URL, as `ensure_template` says; it is called only when no earlier
    run of this user has built the template, on a server of its own that holds nothing else. A server given as
    a URL, or in a container, keeps the template itself.
    owner: a plain role to whom the template belongs, made if need be.
    finish: gets the superuser's URL of what `build` has filled.
    spare: the name of a clone to keep beside the template, so that the first one need not be made (see `has_spare`).
    meanwhile: is called while a server starts. head_start: a server that is being started already, taken if it fits.
    """
    found = discover_first(request)
    candidate = require(found, request)
    if candidate.origin in _SHARED:
        return _on_shared_server(run, request, shaped_by, build, connect, owner, finish, progress)
    key = server_key(candidate, request, shaped_by)
    recipe = recipe_of(candidate, request, run.places, progress)
    stored = images_folder(run.places) / f"{recipe.key()}{SEPARATOR}{shaped_by[:16]}"
    make = functools.partial(
        _make_image, run, candidate, recipe, shaped_by, build, connect, owner, finish, spare, progress
    )

    def begun(image: Path) -> tuple[Path, Supervised] | None:
        return None if head_start is None else head_start.take(recipe, image, meanwhile)

    def start() -> ServerRecord:
        ensure = functools.partial(ensure_stored, stored, make, patience_s=BUILD_PATIENCE_S)
        record = start_copy(run, key, candidate.origin, recipe, ensure, meanwhile=meanwhile, begun=begun)
        if head_start is not None:
            head_start.note(recipe, stored)
        return record

    record = shared_server(run, key, start)
    server = as_server(run, record, SUPERUSER, reason_for(found, candidate))
    return server, template_name(server.version, shaped_by)


def has_spare(server: ScratchServer) -> bool:
    """Tell whether a server with a template began with the spare that was asked for; those that are shared do not."""
    return server.origin not in _SHARED


def _on_shared_server(
    run: RunFolder,
    request: ServerRequest,
    shaped_by: TemplateFingerprint,
    build: Build,
    connect: AdminConnect,
    owner: str | None,
    finish: Build | None,
    progress: Progress,
) -> tuple[ScratchServer, str]:
    server = acquire(run, request, connect=connect, progress=progress)
    with closing(connect(server.admin_url)) as admin:
        if owner is not None:
            create_role(server, admin, owner)
        return server, ensure_template(server, admin, shaped_by, build, owner=owner, finish=finish)


def _make_image(
    run: RunFolder,
    candidate: Candidate,
    recipe: Recipe,
    shaped_by: TemplateFingerprint,
    build: Build,
    connect: AdminConnect,
    owner: str | None,
    finish: Build | None,
    spare: str,
    progress: Progress,
    image: Path,
) -> None:
    """Build a template on a server that nobody else sees, stop it with a checkpoint, and keep its files."""
    progress("building the template database (once for this state of migrations and seeds)")
    nursery = create_run(run.places)
    try:
        folder = copy_cluster(nursery, recipe.account, lambda: ensure_image(recipe, run.places, progress))
        record = launch_cluster(nursery, "nursery", candidate.origin, recipe, folder, removed=())
        server = as_server(nursery, record, SUPERUSER, "")
        with closing(connect(server.admin_url)) as admin:
            if owner is not None:
                create_role(server, admin, owner)
            template = ensure_template(server, admin, shaped_by, build, owner=owner, finish=finish)
            if spare:
                clone(server, admin, template, name=spare)
        stop_cleanly(record)
        store_image(folder / "data", image)
    finally:
        close_run(nursery)
    let_go(image.parent)
