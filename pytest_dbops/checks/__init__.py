"""The checks that are shipped, one file each, and the loaders of a project's own."""

ENTRY_POINT_GROUP = "pytest_dbops.checks"
"""By which installed packages add checks of their own."""
