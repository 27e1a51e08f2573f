"""Whether the project's migrations can be trusted."""
