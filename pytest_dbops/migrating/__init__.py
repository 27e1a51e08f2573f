"""Everything that knows alembic."""
