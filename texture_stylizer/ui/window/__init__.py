"""What every panel and operator needs of Blender's window: regions, lines of text, icons, a modal timer."""
