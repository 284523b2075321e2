"""Mixed variants made ready for an exporter: each restyled image node shows one image that holds the mix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bpy

from ...errors import BadInput, StylizerError
from ..materials.records import STANDS_FOR, is_used, record_of, strength_of
from ..variants.strength import mix_node_of, mix_with_original, remove_mix, restyled_nodes


@dataclass(frozen=True)
class ExportedMix:
    """An image node that shows a mix as one image: the restyled image that it showed before, and its copy."""

    copy: Any
    node: Any
    restyled: Any


def bake_mixes(copies: Iterable[Any]) -> tuple[list[ExportedMix], list[str]]:
    """Let mixed copies show the mix as images, without Mix nodes, until `restore_mixes`.

    Returns what was changed, and a sentence for each texture that can only be shown at full strength.
    """
    found = [
        (copy, node)
        for copy in dict.fromkeys(copies)
        for node in restyled_nodes([copy])
        if mix_node_of(node) is not None
    ]
    images: dict[Any, Any] = {}
    problems: list[str] = []
    changed = []
    for copy, node in found:
        key = _what_is_mixed(copy, node)
        if key not in images:
            try:
                images[key] = _image_of_mix(copy, node)
            except StylizerError as reason:
                images[key] = None
                problems.append(f"{node.image.name} is exported at full strength: {reason}")
    # Only now: a colour is baked from the nodes of the whole material.
    for copy, node in found:
        if mix_node_of(node) is None:
            continue
        mixed = images[_what_is_mixed(copy, node)]
        changed.append(ExportedMix(copy, node, node.image))
        remove_mix(node)
        node.image = mixed or node.image
    return changed, problems


def restore_mixes(changed: Sequence[ExportedMix]) -> None:
    """Take back what `bake_mixes` did."""
    for mix in changed:
        if mix.node.image != mix.restyled:
            shown, mix.node.image = mix.node.image, mix.restyled
            if not is_used(shown):
                bpy.data.images.remove(shown)
    for copy in dict.fromkeys(mix.copy for mix in changed):
        mix_with_original([copy], strength_of(copy))


def mixed_copies() -> list[Any]:
    """The stylised copies in the file that are not at full strength."""
    return [m for m in bpy.data.materials if record_of(m) is not None and strength_of(m) < 1.0]


def _what_is_mixed(copy: Any, node: Any) -> tuple[Any, ...]:
    """Nodes of which this is equal show the same mix."""
    stands_for = node[STANDS_FOR]
    is_image = isinstance(stands_for, bpy.types.Image)
    return node.image, stands_for if is_image else copy, strength_of(copy)


def _image_of_mix(copy: Any, node: Any) -> Any:
    # Imported late: the panels need this package, and must not wait for numpy.
    from .mixed_images import mixed_image

    stands_for = node[STANDS_FOR]
    if isinstance(stands_for, bpy.types.Image):
        return mixed_image(stands_for, node.image, strength_of(copy))
    return _baked_mix(copy, node.image)


def _baked_mix(copy: Any, restyled: Any) -> Any:
    """The mix with a colour that was baked: baked anew, through the same UV maps."""
    import numpy as np

    from ..baking.bake import bake_shown
    from .mixed_images import image_of_pixels

    record = record_of(copy)
    objects = [o for o in bpy.data.objects if any(slot.material == copy for slot in o.material_slots)]
    if record is None or record.original is None or not objects:
        raise BadInput(f"no object shows {copy.name}, so that it cannot be baked")
    name = f"{Path(restyled.name).stem}_{round(strength_of(copy) * 100)}"
    with TemporaryDirectory() as folder:
        source = bake_shown(copy, record.original, objects, restyled.size[0], Path(folder) / "mix")
        return image_of_pixels(np.load(source.path), name)
