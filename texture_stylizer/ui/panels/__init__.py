"""The panels: the sidebar's, those of other editors, and the list of textures."""
