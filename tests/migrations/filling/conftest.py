"""One empty database for each major version; tests roll back what they do in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest

from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.provisioning.databases import create_database, create_role, drop_database, new_name
from tests.fix_postgres import OWNER, PsycopgAdmin, ScratchDatabase


@pytest.fixture(scope="module")
def url_of(start_postgres: Callable[[int | None], ScratchServer]) -> Iterator[Callable[[int | None], str]]:
    """A function that returns the owner's URL of an empty database on a server of a major version."""
    urls: dict[int | None, str] = {}
    with ExitStack() as stack:

        def give(major: int | None = None) -> str:
            if major not in urls:
                urls[major] = stack.enter_context(_empty_database(start_postgres(major))).url
            return urls[major]

        yield give


@contextmanager
def _empty_database(server: ScratchServer) -> Iterator[ScratchDatabase]:
    with closing(PsycopgAdmin(server.admin_url)) as admin:
        name = new_name(server)
        create_role(server, admin, OWNER)
        create_database(server, admin, name, owner=OWNER)
        yield ScratchDatabase(server, name)
        drop_database(server, admin, name)
