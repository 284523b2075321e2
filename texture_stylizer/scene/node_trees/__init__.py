"""A material's nodes: the walk back from its output, the roles of what it meets, and the UV maps."""
