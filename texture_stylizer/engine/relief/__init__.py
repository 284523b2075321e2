"""Maps that follow a restyled colour: relief in the normal map, softer normals, roughness by strokes."""
