"""Operators, panels and properties: thin, they only call the rooms below."""
