"""Laws that hold for any input, found by hypothesis; alembic and the databases are the oracles."""
