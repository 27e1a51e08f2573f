"""The verbs of `dbops maintenance`, one file each."""
