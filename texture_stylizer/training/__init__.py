"""How the embedded network is trained; for developers, left out of the wheel and of the extension."""
