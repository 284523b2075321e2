"""Masks by name: vertex groups, attributes, materials and images, and what they mark of each texture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import bpy

from ..descriptions import Mask, Source
from ..errors import BadInput
from .images.pixels import write_source
from .materials.material_users import materials_of

if TYPE_CHECKING:
    from .faces import Faces

Kind = Literal["file", "faces", "material", "image"]

MOST_NAMED = 8
"""Names that a sentence lists."""

_NUMBERS = ("BOOLEAN", "FLOAT")
_COLORS = ("FLOAT_COLOR", "BYTE_COLOR")
_DOMAINS = ("POINT", "FACE", "CORNER")
_BLENDERS_OWN = ("sharp_face", "freestyle_face", "crease_vert", "bevel_weight_vert")


@dataclass(frozen=True)
class NamedMask:
    """What a name stands for: an image file, marks of faces (a vertex group or an attribute), the faces of a
    material, or an image of the .blend."""

    name: str
    kind: Kind


def find_mask(name: str, objects: Sequence[Any], *, materials: bool = False) -> NamedMask:
    """What a name stands for on some objects. materials: whether it may be one of theirs.

    Raises BadInput, with what there is, where it is nothing.
    """
    if Path(name).is_file():
        return NamedMask(name, "file")
    names = [material.name for material in materials_of(objects)] if materials else []
    if name in names:
        return NamedMask(name, "material")
    marks = marks_named(objects)
    if name in marks:
        return NamedMask(name, "faces")
    if name in bpy.data.images:
        return NamedMask(name, "image")
    images = [image.name for image in bpy.data.images if image.type == "IMAGE"]
    what, more = ("style's part", "material, ") if materials else ("mask", "")
    raise BadInput(
        f"there is no {what} {name!r}: no file, {more}vertex group, attribute or image "
        f"of that name; there are: {_listed([*names, *marks, *images])}"
    )


def marks_named(objects: Iterable[Any]) -> list[str]:
    """Names of the vertex groups and attributes of objects that can be masks."""
    found: dict[str, None] = {}
    for object_ in objects:
        if object_.type != "MESH":
            continue
        found |= dict.fromkeys(group.name for group in object_.vertex_groups)
        attributes = [each for each in object_.data.attributes if _is_mask(each)]
        found |= dict.fromkeys(attribute.name for attribute in attributes)
    return list(found)


def described(masks: Sequence[NamedMask], folder: Path) -> list[Mask]:
    """Masks as the worker takes them; of an image of the .blend the pixels are written to `folder`.

    Those of faces are numbered as `copy_marks` writes them.
    """
    found = []
    columns = [mask for mask in masks if mask.kind in ("faces", "material")]
    for mask in masks:
        if mask in columns:
            found.append(Mask(mask.name, column=columns.index(mask)))
        elif mask.kind == "file":
            found.append(Mask(mask.name, Source(mask.name)))
        else:
            number = bpy.data.images[mask.name].session_uid
            found.append(Mask(mask.name, write_source(bpy.data.images[mask.name], folder / f"mask_{number}")))
    return found


def copy_marks(faces: Sequence[Faces], masks: Sequence[NamedMask]) -> dict[str, Any]:
    """What `copy_meshes` gives, and for each corner its value in [0, 1] in those of the masks that are of
    faces, under `MARKS`. Raises BadInput as that does."""
    # Imported late: the panels need this module, and must not wait for numpy.
    import numpy as np

    from ..jobs.mesh_file import MARKS
    from .faces import copy_meshes

    arrays = copy_meshes(faces)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    wanted = [mask for mask in masks if mask.kind in ("faces", "material")]
    for number, (object_, material, _) in enumerate(faces):
        corners = arrays[f"corners.{number}"]
        marks = np.zeros((len(corners), len(wanted)), dtype=np.float32)
        for column, mask in enumerate(wanted):
            if mask.kind == "material":
                marks[:, column] = material.name == mask.name
                continue
            values = corner_values(object_.evaluated_get(depsgraph), mask.name, corners)
            if values is not None:
                marks[:, column] = values
        arrays[f"{MARKS}.{number}"] = marks
    return arrays


def corner_values(evaluated: Any, name: str, corners: Any) -> Any | None:
    """A vertex group or an attribute of an evaluated object as values in [0, 1] at its corners, (n,); None
    where it has none of that name. corners: the vertex number of each."""
    import numpy as np

    mesh = evaluated.data
    group = evaluated.vertex_groups.get(name)
    if group is not None:
        return _weights(mesh, group.index)[corners]
    attribute = mesh.attributes.get(name)
    if attribute is None or not _is_mask(attribute):
        return None
    values = np.clip(_values_of(attribute), 0.0, 1.0)
    if attribute.domain == "POINT":
        return values[corners]
    if attribute.domain == "CORNER":
        return values
    counts = np.empty(len(mesh.polygons), dtype=np.int32)
    mesh.polygons.foreach_get("loop_total", counts)
    return np.repeat(values, counts)


def _is_mask(attribute: Any) -> bool:
    is_own = attribute.name[:1] != "." and attribute.name not in _BLENDERS_OWN
    return is_own and attribute.data_type in (*_NUMBERS, *_COLORS) and attribute.domain in _DOMAINS


def _values_of(attribute: Any) -> Any:
    """An attribute's values, of a colour the mean as it is painted, (n,) float32."""
    import numpy as np

    count = len(attribute.data)
    if attribute.data_type not in _COLORS:
        values = np.empty(count, dtype=bool if attribute.data_type == "BOOLEAN" else np.float32)
        attribute.data.foreach_get("value", values)
        return values.astype(np.float32)
    colors = np.empty(4 * count, dtype=np.float32)
    attribute.data.foreach_get("color_srgb", colors)
    return colors.reshape(-1, 4)[:, :3].mean(axis=1)


def _weights(mesh: Any, index: int) -> Any:
    """The weight of each vertex in a vertex group, (n,)."""
    import numpy as np

    found = np.zeros(len(mesh.vertices), dtype=np.float32)
    for number, vertex in enumerate(mesh.vertices):
        for element in vertex.groups:
            if element.group == index:
                found[number] = element.weight
    return found


def _listed(names: Sequence[str]) -> str:
    few = ", ".join(names[:MOST_NAMED]) or "none"
    return few if len(names) <= MOST_NAMED else f"{few} and {len(names) - MOST_NAMED} more"
