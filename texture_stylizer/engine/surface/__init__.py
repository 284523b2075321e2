"""The mesh in texture space: which texels faces cover, and what lies across each seam."""
