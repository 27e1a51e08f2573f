"""The verbs of `dbops migrate`, one a file, each with `add_arguments(verbs)`, `run(context)` and its JSON shape."""
