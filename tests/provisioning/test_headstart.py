"""A server that is begun before it is asked for: taken where it is what is wanted, and ended where it is not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import RunFolder, close_run, create_run
from pytest_dbops.provisioning.headstart import FOLDER, HeadStart
from pytest_dbops.provisioning.images import SEPARATOR, images_folder
from pytest_dbops.provisioning.places import Places
from pytest_dbops.provisioning.templated import acquire_with_template
from pytest_dbops.provisioning.templates import fingerprint
from tests.provisioning.conftest import ask, wait_for


@pytest.fixture
def own_run(own_cache: Places) -> Iterator[RunFolder]:
    """A run whose cache is the test's own."""
    run = create_run(own_cache)
    yield run
    close_run(run)


def acquired(run: RunFolder, request: ServerRequest, head_start: HeadStart, *, parts: str = "a") -> ScratchServer:
    """Return the server with an empty template, taking a head start if it fits."""
    return acquire_with_template(
        run, request, fingerprint(parts), lambda url: None, connect=connect_admin, head_start=head_start
    )[0]


def servers_begun(run: RunFolder) -> list[str]:
    """Return the folders of all servers of a run."""
    return sorted(path.name for root in run.places.roots for path in (root / run.name).glob("pg-*/"))


def test_the_next_session_takes_the_server_that_was_begun_for_it(own_run: RunFolder, any_server: ServerRequest) -> None:
    first = HeadStart(own_run, Path("/project"))
    first.begin()
    assert servers_begun(own_run) == []
    acquired(own_run, any_server, first)
    second_run = create_run(own_run.places)
    try:
        second = HeadStart(second_run, Path("/project"))
        second.begin()
        begun = servers_begun(second_run)
        server = acquired(second_run, any_server, second)
        second.close()
        assert ask(server, "SELECT 1") == 1
        assert servers_begun(second_run) == begun == [Path(server.host).parent.name]
    finally:
        close_run(second_run)


def test_a_server_that_is_not_the_one_that_is_wanted_is_ended_and_not_begun_again(
    own_run: RunFolder, any_server: ServerRequest
) -> None:
    acquired(own_run, any_server, HeadStart(own_run, Path("/project")))
    second_run = create_run(own_run.places)
    try:
        second = HeadStart(second_run, Path("/project"))
        second.begin()
        begun = servers_begun(second_run)
        server = acquired(second_run, replace(any_server, settings=(("work_mem", "5MB"),)), second)
        assert ask(server, "SHOW work_mem") == "5MB"
        assert servers_begun(second_run) == [Path(server.host).parent.name] != begun
    finally:
        close_run(second_run)


def test_a_server_that_nobody_asks_for_is_ended_and_forgotten(own_run: RunFolder, any_server: ServerRequest) -> None:
    acquired(own_run, any_server, HeadStart(own_run, Path("/project")))
    second_run = create_run(own_run.places)
    try:
        second = HeadStart(second_run, Path("/project"))
        second.begin()
        assert servers_begun(second_run) != []
        second.close()
        assert servers_begun(second_run) == []
        assert list((own_run.places.cache / FOLDER).iterdir()) == []
    finally:
        close_run(second_run)


@pytest.mark.parametrize("missing", ["all", "some"])
def test_a_server_whose_files_were_cleaned_away_is_started_as_if_nothing_had_been_begun(
    own_run: RunFolder, any_server: ServerRequest, missing: str
) -> None:
    acquired(own_run, any_server, HeadStart(own_run, Path("/project")))
    (image,) = images_folder(own_run.places).glob(f"*{SEPARATOR}*/")
    shutil.rmtree(image if missing == "all" else image / "data" / "base")
    second_run = create_run(own_run.places)
    try:
        second = HeadStart(second_run, Path("/project"))
        second.begin()
        server = acquired(second_run, any_server, second)
        assert ask(server, "SELECT 1") == 1
        wait_for(lambda: servers_begun(second_run) == [Path(server.host).parent.name])
    finally:
        close_run(second_run)
