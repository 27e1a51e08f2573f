"""Rows for the accounting application: facts of the world, and organizations whose books balance."""
