"""What the product does, free of pytest and of command lines: judge, build, inspect."""
