"""The process boundary: job descriptions out, events and result files back."""
