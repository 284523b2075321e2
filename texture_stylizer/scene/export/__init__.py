"""What exporters take of variants: images that hold a mix, KHR_materials_variants, the files that stay."""
