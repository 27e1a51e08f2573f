"""What stands in for row-level security on SQLite: statements that read own rows, triggers that guard writes."""
