"""Deploys, rollbacks and resets: planned and refused here, run in a process of their own."""
