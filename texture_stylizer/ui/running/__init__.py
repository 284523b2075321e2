"""A run in the window: operators, the session behind them, the live preview, and what was made."""
