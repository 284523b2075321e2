"""Procedural colour baked onto a UV image with Cycles."""
