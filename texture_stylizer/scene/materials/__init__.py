"""Which objects show which materials, through slots, modifiers and instances, and what copies say of it."""
