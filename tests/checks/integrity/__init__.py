"""Checks of seeds."""
