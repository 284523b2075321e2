"""Which objects show which materials (slots, modifiers, instances), and the records that copies carry."""
