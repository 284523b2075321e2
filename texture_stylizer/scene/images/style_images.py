"""Styles of a run: those that are images of the .blend become files for the worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ...descriptions import IMAGE_OF_FILE, SceneStyle, StyleImage
from ...errors import BadInput
from .pixels import write_source


def style_image(style: StyleImage | SceneStyle, folder: Path) -> StyleImage:
    """A style as a file that the worker reads; an image of the .blend is written to `folder` where needed."""
    if isinstance(style, StyleImage):
        return style
    image = _image_of(style)
    source = write_source(image, folder / f"style_{style.session_uid}")
    return StyleImage(source.path, style.weight, source.encoding, style.where)


def _image_of(style: SceneStyle) -> Any:
    image = next((image for image in bpy.data.images if image.session_uid == style.session_uid), None)
    if image is None:
        raise BadInput("the style image was deleted; choose another")
    return image


def name_of_style(style: StyleImage | SceneStyle) -> str:
    """What a record calls a style: its path, or the name of the image in the file."""
    return style.path if isinstance(style, StyleImage) else IMAGE_OF_FILE + _image_of(style).name
