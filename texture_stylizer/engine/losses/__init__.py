"""What is minimised: Gram matrices, content, total variation, and their sum."""
