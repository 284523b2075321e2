"""What can be restyled: plain images, glTF without Blender, and what Blender opens or imports."""
