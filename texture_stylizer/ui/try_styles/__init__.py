"""Try Styles: one texture in several styles side by side."""
