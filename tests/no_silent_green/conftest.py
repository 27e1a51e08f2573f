"""Projects whose staging environment is a real PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fix_postgres import ScratchDatabase
from tests.fix_project import GateProject

CONFIG = """
[project]
checks = ["checks"]

[env.staging]
url     = "env:STAGING_DATABASE_URL"
kind    = "staging"
require = []
"""

SOUND = """
CREATE TABLE customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number text NOT NULL UNIQUE);
CREATE TABLE invoice (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES customer (id) ON DELETE RESTRICT
);
CREATE INDEX invoice_customer ON invoice (customer_id);
INSERT INTO customer (number) VALUES ('C-1'), ('C-2');
INSERT INTO invoice (customer_id) VALUES (1), (2);
"""


@pytest.fixture
def lead_to(gate_project: GateProject, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that points the project's staging environment to a URL."""
    gate_project.write("dbops.toml", CONFIG)

    def lead(url: str) -> None:
        monkeypatch.setenv("STAGING_DATABASE_URL", url)

    return lead


@pytest.fixture
def on_postgresql(
    gate_project: GateProject, postgres_database: ScratchDatabase, lead_to: Callable[[str], None]
) -> GateProject:
    """The project on a sound PostgreSQL database, as its owner."""
    with postgres_database.connect() as connection:
        connection.execute(SOUND)
    lead_to(postgres_database.url)
    return gate_project
