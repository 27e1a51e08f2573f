"""The reference application: its schema, its history, its seeds and its own checks."""
