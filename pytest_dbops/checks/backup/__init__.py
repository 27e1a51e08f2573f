"""Checks of backup, one file each."""
