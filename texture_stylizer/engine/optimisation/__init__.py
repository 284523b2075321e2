"""The steps: L-BFGS and Adam, and one level's run of them."""
