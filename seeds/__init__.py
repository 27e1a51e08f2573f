"""Rows for the accounting application: facts of the world, and one small organization whose books balance."""
