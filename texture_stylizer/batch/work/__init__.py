"""One asset's work, and the process that does it."""
