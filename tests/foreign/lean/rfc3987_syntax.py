"""Stands before a package that jupyterhub's imports load where it is installed, for seconds of each process."""

raise ImportError("left out: it checks the spelling of IRIs, which no revision does")
