"""Lock modes and how long each may be held; a package of its own, so that every start-up can afford it."""
