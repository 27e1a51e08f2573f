"""Run revisions on a real database: the lock, the journal, one transaction a revision; in a process of its own."""
