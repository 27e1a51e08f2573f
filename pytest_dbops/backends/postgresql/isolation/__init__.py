"""Databases for tests: prepared so that what a test has changed is known and undone in one round trip."""
