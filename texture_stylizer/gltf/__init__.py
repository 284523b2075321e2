"""glTF files read and changed directly, without Blender: only the images, everything else byte for byte."""
