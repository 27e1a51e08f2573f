"""Checks of storage, one file each."""
