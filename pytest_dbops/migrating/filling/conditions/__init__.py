"""Conditions as a catalog words them: read, judged over one row, and mined for values that would satisfy them."""
