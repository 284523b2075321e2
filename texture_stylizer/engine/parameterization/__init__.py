"""What is optimised, and the picture that the network sees of it: flat, tiled, on a mesh."""
