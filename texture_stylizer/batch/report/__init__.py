"""What a batch shows: rows, tables, the page."""
