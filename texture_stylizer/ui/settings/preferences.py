"""The add-on's preferences: the Python, the folders, and what follows the artist from file to file."""

# No `from __future__ import annotations`: Blender reads properties from evaluated annotations.

import bpy
from bpy.app.translations import pgettext_iface as iface

from ...jobs.cache_folder import size_of
from ..addon_paths import MAY_BE_RELATIVE, PACKAGE, cache_folder
from ..setup.setup_box import draw_device, draw_removal, draw_setup
from ..styles import gallery


class StylizerFolder(bpy.types.PropertyGroup):
    """A folder of images that the gallery shows."""

    path: bpy.props.StringProperty(
        name="Style Folder",
        description="A folder of images that the gallery shows beside the add-on's own",
        subtype="DIR_PATH",
        update=gallery.reload,
    )  # type: ignore[valid-type]


class StylizerPreferences(bpy.types.AddonPreferences):
    bl_idname = PACKAGE

    python_path: bpy.props.StringProperty(
        name="Python with Torch",
        description="An interpreter in which texture-stylizer's libraries are installed; Set Up makes one",
        subtype="FILE_PATH",
    )  # type: ignore[valid-type]
    style_folders: bpy.props.CollectionProperty(type=StylizerFolder)  # type: ignore[valid-type]
    results_folder: bpy.props.StringProperty(
        name="Results",
        description="Where stylized textures are saved; // is the folder of the .blend. A file that has no "
        "folder yet takes them into itself",
        subtype="DIR_PATH",
        default="//textures/",
        options=MAY_BE_RELATIVE,
    )  # type: ignore[valid-type]
    cache_folder: bpy.props.StringProperty(
        name="Cache",
        description="Where earlier results are kept, so that the same work is not done twice; empty for the "
        "add-on's own folder",
        subtype="DIR_PATH",
    )  # type: ignore[valid-type]

    favorite_styles: bpy.props.StringProperty(options={"HIDDEN"})  # type: ignore[valid-type]
    recent_styles: bpy.props.StringProperty(options={"HIDDEN"})  # type: ignore[valid-type]
    last_used: bpy.props.StringProperty(options={"HIDDEN"})  # type: ignore[valid-type]

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        draw_setup(layout, context)
        draw_removal(layout)
        layout.prop(self, "python_path")
        draw_device(layout, context)
        layout.operator("texture_stylizer.download_vgg19", icon="IMPORT")
        layout.separator()
        self._draw_folders(layout)
        layout.prop(self, "results_folder")
        layout.prop(self, "cache_folder")
        row = layout.row()
        size = size_of(cache_folder(context)) / 2**20
        row.label(text=iface("The cache takes {:.0f} MB").format(size), translate=False)
        row.operator("texture_stylizer.clear_cache", icon="TRASH")

    def _draw_folders(self, layout: bpy.types.UILayout) -> None:
        column = layout.column()
        for index, folder in enumerate(self.style_folders):
            row = column.row(align=True)
            row.prop(folder, "path")
            row.operator("texture_stylizer.remove_style_folder", text="", icon="X").index = index
        column.operator("texture_stylizer.add_style_folder", icon="NEWFOLDER")


CLASSES = [StylizerFolder, StylizerPreferences]
