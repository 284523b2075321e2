"""Stylised copies of materials: made, switched to, mixed and deleted; the originals are never changed."""
