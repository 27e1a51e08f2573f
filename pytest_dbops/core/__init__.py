"""The concepts everything else is built on; imports the standard library only."""
