"""Checks of the schema: one file a check; files that begin with `_` hold what several of them share."""
