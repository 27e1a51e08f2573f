"""Seeding asked for by name: what the policy allows, one process that runs the project's seeders, what became of it."""
