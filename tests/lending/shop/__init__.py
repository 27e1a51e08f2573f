"""A small shop of the ordinary kind, which knows nothing of the fixtures it is tested with."""
