"""Seeding: addressed draws, paths into a table, the ledger, and what the gate says of seeds."""
