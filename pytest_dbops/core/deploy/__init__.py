"""What a deploy is, as data: its journal, its limits, what became of each revision, and the policy that may refuse it."""
