"""Operators, panels and properties: thin, they only call the rooms below.

What loads numpy (`scene.variants.create`, `scene.plan`, the worker's client and others) is imported by the
functions that need it: a window opens at once.
"""
