"""URLs of scratch databases are written so that whatever a project reads them with accepts them."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from pytest_dbops.migrating.urls import with_server

SOCKET = "postgresql://owner:s%40fe@/scratch?host=/tmp/dbops-pg/s&port=5433"
PARTS = {"user": "owner", "password": "s@fe", "dbname": "scratch", "host": "/tmp/dbops-pg/s", "port": "5433"}


def test_url_of_a_socket_names_a_server_and_leads_where_it_did() -> None:
    written = with_server(SOCKET)

    assert urlsplit(written).hostname
    assert conninfo_to_dict(written) == conninfo_to_dict(SOCKET) == PARTS


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
def test_sqlalchemy_leads_a_driver_where_it_did(driver: str) -> None:
    before = make_url(SOCKET).set(drivername=f"postgresql+{driver}")
    after = make_url(with_server(before.render_as_string(hide_password=False)))

    assert after.get_dialect()().create_connect_args(after) == before.get_dialect()().create_connect_args(before)


@pytest.mark.parametrize(
    "url", ["sqlite:////tmp/x.sqlite3", "postgresql://owner@db.example:5433/scratch?sslmode=prefer"]
)
def test_other_urls_stay_as_they_are(url: str) -> None:
    assert with_server(url) == url
