"""The loss of a whole picture and its gradient: network passes, tiles, bands."""
