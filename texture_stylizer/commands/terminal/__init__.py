"""What is read and written in a terminal: arguments, progress, errors."""
