"""The settings of a run: properties, presets, the add-on's preferences, and what is remembered."""
