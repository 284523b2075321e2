"""Variants in the panels: their list, their operators, their strength."""
