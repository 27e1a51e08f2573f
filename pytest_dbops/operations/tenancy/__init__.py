"""Tenants kept apart: the trial on a scratch database, and the guard of SQLite."""
