"""Speed claims, one file a claim, each a ratio against a named reference timed in the same minutes.

A module here has `NAME`, `CLAIMS` (what each measure means, by key) and `run(quick) -> dict` with `measures`
(key to number) and `params` (what was compared). `python -m benchmarks --list` shows all; `targets.py` holds
what each must reach.
"""
