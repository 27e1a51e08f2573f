"""Maintenance: planned from what the checks find, run one step at a time, and measured by the same checks."""
