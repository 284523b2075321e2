"""The worker's side, with torch: one process that takes jobs from its stdin, each a texture."""
