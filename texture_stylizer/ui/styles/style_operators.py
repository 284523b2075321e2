"""Operators that choose styles: browse, drop, take an editor's image, mix, keep folders and favorites."""

import bpy

from ..addon_paths import preferences_of
from ..window.regions import is_tab, redraw
from . import gallery

_FILES = ".png;.jpg;.jpeg;.tif;.tiff;.webp;.exr"


class TEXTURE_STYLIZER_OT_browse_style(bpy.types.Operator):
    """Choose an image file as the style"""

    bl_idname = "texture_stylizer.browse_style"
    bl_label = "Use as Style"
    bl_options = {"REGISTER", "UNDO"}

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})  # type: ignore[valid-type]
    index: bpy.props.IntProperty(default=-1, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]
    filter_image: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.texture_stylizer
        if self.index < 0:
            settings.style_path = self.filepath
        else:
            gallery.put(settings.more_styles[self.index], self.filepath)
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_add_style_folder(bpy.types.Operator):
    """Show the images of one more folder in the gallery"""

    bl_idname = "texture_stylizer.add_style_folder"
    bl_label = "Add Style Folder"

    directory: bpy.props.StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})  # type: ignore[valid-type]
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return preferences_of(context) is not None

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        folders = preferences_of(context).style_folders
        if all(folder.path != self.directory for folder in folders):
            folders.add().path = self.directory
        _gallery_changed(context)
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_remove_style_folder(bpy.types.Operator):
    """Show the images of this folder no more; the files stay"""

    bl_idname = "texture_stylizer.remove_style_folder"
    bl_label = "Remove Style Folder"

    index: bpy.props.IntProperty(options={"HIDDEN"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        preferences_of(context).style_folders.remove(self.index)
        _gallery_changed(context)
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_favorite_style(bpy.types.Operator):
    """Show this style among the first of the gallery, or no more"""

    bl_idname = "texture_stylizer.favorite_style"
    bl_label = "Favorite Style"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return preferences_of(context) is not None and bool(context.scene.texture_stylizer.style_path)

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = gallery.key_of(context.scene.texture_stylizer)
        gallery.set_favorite(path, not gallery.is_favorite(path, context), context)
        _gallery_changed(context)
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_add_style(bpy.types.Operator):
    """Mix in another style"""

    bl_idname = "texture_stylizer.add_style"
    bl_label = "Add Style"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.texture_stylizer.more_styles.add()
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_remove_style(bpy.types.Operator):
    """Take this style out of the mix"""

    bl_idname = "texture_stylizer.remove_style"
    bl_label = "Remove Style"
    bl_options = {"REGISTER", "UNDO"}

    index: bpy.props.IntProperty(options={"HIDDEN"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.texture_stylizer.more_styles.remove(self.index)
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_use_as_style(bpy.types.Operator):
    """Take the image of this editor as the style"""

    bl_idname = "texture_stylizer.use_as_style"
    bl_label = "Use as Style"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        image = getattr(context.space_data, "image", None)
        if image is None or image.type in ("RENDER_RESULT", "COMPOSITING"):
            cls.poll_message_set("Open an image in this editor first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.texture_stylizer.style_image = context.space_data.image
        redraw(context)
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_drop_style(bpy.types.Operator):
    """Take a dropped image file as the style"""

    bl_idname = "texture_stylizer.drop_style"
    bl_label = "Use Dropped Image as Style"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.texture_stylizer.style_path = self.filepath
        return {"FINISHED"}


class TEXTURE_STYLIZER_FH_style(bpy.types.FileHandler):
    bl_idname = "TEXTURE_STYLIZER_FH_style"
    bl_label = "Style Image"
    bl_import_operator = "texture_stylizer.drop_style"
    bl_file_extensions = _FILES

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """On the sidebar's tab alone: in the view itself a dropped image stays an empty."""
        return (
            context.area is not None and context.region is not None and is_tab(context.area, context.region)
        )


def _gallery_changed(context: bpy.types.Context) -> None:
    """Have Blender save the preferences, and draw the gallery again."""
    context.preferences.is_dirty = True
    gallery.reload()
    redraw(context)


CLASSES = [
    TEXTURE_STYLIZER_OT_browse_style,
    TEXTURE_STYLIZER_OT_add_style_folder,
    TEXTURE_STYLIZER_OT_remove_style_folder,
    TEXTURE_STYLIZER_OT_favorite_style,
    TEXTURE_STYLIZER_OT_add_style,
    TEXTURE_STYLIZER_OT_remove_style,
    TEXTURE_STYLIZER_OT_use_as_style,
    TEXTURE_STYLIZER_OT_drop_style,
    TEXTURE_STYLIZER_FH_style,
]
