"""An audit trail: which tables leave one, what an entry is, and how entries are sealed and verified."""
