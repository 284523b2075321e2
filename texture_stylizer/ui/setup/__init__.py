"""Set Up: the worker's environment made, shown and asked."""
