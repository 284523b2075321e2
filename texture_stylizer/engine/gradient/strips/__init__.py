"""Bands of a picture's whole width, streamed through the network with rolling row buffers."""
