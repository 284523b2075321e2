"""What each sub-command of the command line does: one file each, and below them what they share."""
