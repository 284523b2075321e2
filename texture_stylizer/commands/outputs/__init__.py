"""What a command writes: where, over whose files, and all at once or not at all."""
