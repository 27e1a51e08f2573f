"""Checks of encrypted columns: whether each stored field is what it should be, and on which keys it is."""
