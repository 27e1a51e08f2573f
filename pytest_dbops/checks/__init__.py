"""The checks that are shipped, one file each, and the loaders of a project's own."""
