"""What maintenance is, as data: kinds of steps, steps, what they cost, what became of each."""
