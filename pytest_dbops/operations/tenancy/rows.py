"""Rows of several tenants in a scratch database, where the project has no seeders: generated ones."""

from __future__ import annotations

from pytest_dbops.core.catalog import Catalog
from pytest_dbops.migrating.filling import Breadth, fill, ground_of
from pytest_dbops.migrating.urls import own_url


def generate_rows(url: str, catalog: Catalog) -> None:
    """Put plain rows into every table, as its owner; what a table refuses is left out, and the trial says so."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(own_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        fill(ground_of(connection), catalog, breadth=Breadth.PLAIN)
        connection.commit()
