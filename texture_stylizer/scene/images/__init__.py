"""bpy images <-> files for the worker: plain ones, UDIM tiles, sequences, and styles."""
