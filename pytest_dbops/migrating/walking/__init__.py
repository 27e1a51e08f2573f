"""The rehearsal of a history: each revision up, down and up again, within one run of env.py."""
