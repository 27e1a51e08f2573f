"""Audit trails of environments: installed, sealed, verified, shown, and erased from, each asked for by name."""
