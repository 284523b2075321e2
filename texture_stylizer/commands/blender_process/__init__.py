"""What needs bpy, done in a process of its own."""
