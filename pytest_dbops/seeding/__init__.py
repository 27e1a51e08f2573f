"""Fill databases of our own with reproducible rows."""
