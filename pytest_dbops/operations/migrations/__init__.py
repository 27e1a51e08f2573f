"""What can be done with a project's migrations by name: look at them, write them, run them."""
