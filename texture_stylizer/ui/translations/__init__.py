"""The add-on's words in other languages."""
