"""SQLite 3.38 and newer, by the standard library."""
