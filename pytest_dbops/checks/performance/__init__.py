"""Checks of performance, one file each."""
