"""Finding tasks by reading source code, without running it."""
