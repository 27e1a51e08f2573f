"""What a deploy is, as data: its journal, its limits, what became of each revision, what may refuse it."""
