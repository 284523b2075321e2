"""How much of a variant is seen: a Mix node between each restyled colour and the one that it stands for.

The two are mixed as Blender's shaders see them, in scene-linear colour. At full strength there is no Mix
node, so that every exporter finds the image alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import bpy

from ..materials.records import MIXES, STANDS_FOR, clear_record, record_of, was_made_for
from ..node_trees.cursor import by_identifier
from ..node_trees.duplicate_node import duplicate_node
from .colored_links import set_image


def mix_with_original(copies: Iterable[Any], strength: float) -> int:
    """Mix the restyled colours of stylised copies with the original ones.

    strength: share of the restyled colour, 0 to 1. Returns how many colours were met that can be mixed.
    """
    nodes = list(restyled_nodes(copies))
    for node in nodes:
        mix = mix_node_of(node)
        if strength >= 1.0:
            remove_mix(node)
        elif mix is not None or (mix := _add_mix(node)) is not None:
            _socket(mix.inputs, "Factor_Float").default_value = strength
    return len(nodes)


def restyled_nodes(copies: Iterable[Any]) -> Iterator[Any]:
    """The image nodes of stylised copies that show a restyled colour, also within the copies' own groups."""
    seen: set[Any] = set()
    for copy in copies:
        record = record_of(copy)
        if record is not None and copy.node_tree is not None:
            yield from _restyled_in(copy.node_tree, record.variant, seen)


def _restyled_in(tree: Any, variant: str, seen: set[Any]) -> Iterator[Any]:
    if tree in seen:
        return
    seen.add(tree)
    for node in list(tree.nodes):
        group = getattr(node, "node_tree", None)
        if STANDS_FOR in node:
            yield node
        elif group is not None and was_made_for(group, variant):
            yield from _restyled_in(group, variant, seen)


def mix_node_of(node: Any) -> Any | None:
    """The Mix node that a restyled image node goes through; None at full strength."""
    links = _socket(node.outputs, "Color").links
    return next((link.to_node for link in links if MIXES in link.to_node), None)


def remove_mix(node: Any) -> None:
    """Let a restyled image be seen alone again."""
    mix = mix_node_of(node)
    if mix is None:
        return
    made = [mix, *(link.from_node for link in _socket(mix.inputs, "A_Color").links)]
    _move_links(_socket(mix.outputs, "Result_Color"), _socket(node.outputs, "Color"))
    for helper in made:
        if MIXES in helper:
            clear_record(helper)
            node.id_data.nodes.remove(helper)


def settle(copies: Iterable[Any]) -> None:
    """Forget what the nodes of copies stand for, that are no variant any more; what is mixed stays mixed."""
    for node in list(restyled_nodes(copies)):
        for helper in (node, *(other for other in node.id_data.nodes if MIXES in other)):
            clear_record(helper)


def _add_mix(node: Any) -> Any | None:
    """Mix a restyled image with what it stands for. Returns the Mix node; None when the original is gone."""
    tree = node.id_data
    active = tree.nodes.active
    color = _socket(node.outputs, "Color")
    original = _original_color(node)
    if original is None or not color.links:
        return None
    mix = tree.nodes.new("ShaderNodeMix")
    mix[MIXES] = True
    mix.data_type, mix.blend_type, mix.clamp_factor = "RGBA", "MIX", True
    mix.label = "Strength"
    mix.parent = node.parent
    mix.location = node.location[0] + node.width + 40, node.location[1]
    first = _socket(mix.inputs, "A_Color")
    _move_links(color, _socket(mix.outputs, "Result_Color"))
    if isinstance(original, bpy.types.NodeSocket):
        tree.links.new(original, first)
    else:
        first.default_value = original
    tree.links.new(color, _socket(mix.inputs, "B_Color"))
    tree.nodes.active = active
    return mix


def _original_color(node: Any) -> Any | None:
    """The output socket, or the colour, that a restyled image stands for; None when it is gone."""
    stands_for = node[STANDS_FOR]
    if isinstance(stands_for, bpy.types.Image):
        twin = duplicate_node(node)
        twin[MIXES] = True
        twin.parent = node.parent
        twin.location = node.location[0], node.location[1] - 300
        set_image(twin, stands_for)
        return _socket(twin.outputs, "Color")
    if stands_for is None:
        return None
    place = json.loads(stands_for)
    if not place:
        targets = [link.to_socket for link in _socket(node.outputs, "Color").links]
        return targets[0].default_value if targets else None
    source = node.id_data.nodes.get(place[0])
    return None if source is None else by_identifier(source.outputs, place[1])


def _move_links(source: Any, other: Any) -> None:
    """Let another output feed what an output feeds."""
    tree = source.node.id_data
    for target, is_muted in [(link.to_socket, link.is_muted) for link in source.links]:
        tree.links.new(other, target).is_muted = is_muted


def _socket(sockets: Any, identifier: str) -> Any:
    """The socket of that identifier, which the node is known to have."""
    return next(socket for socket in sockets if socket.identifier == identifier)
