"""Rows on their way into a table: through the types of its model, by the path that suits their number."""
