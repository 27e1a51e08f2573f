"""The history of the accounting schema."""
