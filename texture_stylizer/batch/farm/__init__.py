"""Job descriptions for render farms."""
