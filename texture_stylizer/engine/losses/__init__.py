"""What is minimised (Gatys, Ecker & Bethge 2016): Gram matrices, content, total variation, and their sum.

Each term is divided by its target's own size, which makes layers, networks and image sizes comparable: 1 is
"as wrong as nothing at all".
"""
