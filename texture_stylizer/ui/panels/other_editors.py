"""The panels of Material Properties, the Image Editor and the Shader Editor, and the menu entries."""

import bpy
from bpy.app.translations import pgettext_iface as iface

from ..addon_paths import worker_python_path
from ..setup.setup_box import draw_setup
from ..variants.variant_list import draw_variants
from ..window.regions import CATEGORY
from ..window.text_lines import draw_text
from . import option_panels
from .panel_parts import draw_run, draw_sliders, draw_style


class TEXTURE_STYLIZER_PT_material(bpy.types.Panel):
    bl_label = "Stylize Textures"
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "material"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.object is not None and context.object.active_material is not None

    def draw(self, context: bpy.types.Context) -> None:
        from ...scene.materials.records import record_of
        from ...scene.variants.find import variants_for

        material = context.object.active_material
        record = record_of(material)
        if record is not None:
            original = record.original.name if record.original else iface("a material that is gone")
            text = iface("Variant {} of {}").format(record.variant, original)
            draw_text(self.layout, context, text, "BRUSH_DATA")
        _draw_elsewhere(self.layout, context, "texture_stylizer.stylize_material")
        found = variants_for([context.object], material)
        if found:
            draw_variants(self.layout, context, found, only_material=True)


class TEXTURE_STYLIZER_PT_image(bpy.types.Panel):
    bl_label = "Stylize Textures"
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "UI"
    bl_category = CATEGORY

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.operator("texture_stylizer.use_as_style", icon="IMAGE_REFERENCE")
        _draw_elsewhere(self.layout, context, "texture_stylizer.stylize_image")


class TEXTURE_STYLIZER_PT_node(bpy.types.Panel):
    bl_label = "Stylize Textures"
    bl_space_type = "NODE_EDITOR"
    bl_region_type = "UI"
    bl_category = CATEGORY

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.space_data.tree_type == "ShaderNodeTree" and context.space_data.shader_type == "OBJECT"

    def draw(self, context: bpy.types.Context) -> None:
        _draw_elsewhere(self.layout, context, "texture_stylizer.stylize_node")


def _draw_elsewhere(layout: bpy.types.UILayout, context: bpy.types.Context, operator: str) -> None:
    """What the panels of other editors have in common: the style, a button, and how far a run is."""
    run = context.window_manager.texture_stylizer_run
    draw_style(layout, context)
    draw_sliders(layout, context.scene.texture_stylizer)
    if worker_python_path(context):
        layout.operator(operator, icon="BRUSH_DATA")
    else:
        draw_setup(layout.box(), context)
    if run.active:
        draw_run(layout.box(), context)


def draw_menu(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """The entry in the Object menu and the context menu; F3 finds it through them."""
    self.layout.separator()
    self.layout.operator("texture_stylizer.stylize", icon="BRUSH_DATA")
    self.layout.operator("texture_stylizer.compare")


MENUS = ("VIEW3D_MT_object", "VIEW3D_MT_object_context_menu")
CLASSES = [
    TEXTURE_STYLIZER_PT_material,
    *option_panels.OF_MATERIAL,
    TEXTURE_STYLIZER_PT_image,
    TEXTURE_STYLIZER_PT_node,
]
