"""Materials that geometry nodes put on an object: replaced in copies of the groups, and put back.

The object remembers its own groups and inputs, so that putting back needs nothing else. The copies live as
long as they are shown: a variant is remade from its materials whenever it is shown again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import bpy

from .records import MODIFIERS, mapping_of, mark_made, original_of, was_made_for

_GROUP, _INPUTS, _VARIANT = "group", "inputs", "variant"


def names_material(object_: Any, material: Any) -> bool:
    """Whether a modifier's input, or a node of its group, names the material, so that it can be replaced."""
    for modifier in _nodes_modifiers(object_):
        named = [*_input_materials(modifier).values(), *_tree_materials(modifier.node_group)]
        if any(original_of(found) == material for found in named):
            return True
    return False


def set_materials(object_: Any, copies: Mapping[Any, Any], variant: str) -> int:
    """Let the object's geometry nodes use the copies. Returns how many modifiers changed."""
    put_back(object_)
    changed = 0
    record: dict[str, Any] = {}
    for modifier in _nodes_modifiers(object_):
        inputs = {name: found for name, found in _input_materials(modifier).items() if found in copies}
        group = modifier.node_group
        in_tree = any(material in copies for material in _tree_materials(group))
        if not inputs and not in_tree:
            continue
        record[modifier.name] = {_INPUTS: inputs} | ({_GROUP: group} if in_tree else {})
        if in_tree:
            modifier.node_group = _copy_with(group, copies, variant, {})
        for name, material in inputs.items():
            _set_input(modifier, name, copies[material])
        changed += 1
    if record:
        object_[MODIFIERS] = record | {_VARIANT: variant}
        object_.update_tag()
    return changed


def put_back(object_: Any, variant: str | None = None) -> int:
    """Give the modifiers their own groups and inputs again, if `variant` or any is shown there."""
    record = mapping_of(object_, MODIFIERS)
    if not record or (variant is not None and record.get(_VARIANT) != variant):
        return 0
    changed = 0
    for name, was in record.items():
        modifier = object_.modifiers.get(name) if name != _VARIANT else None
        if modifier is None:
            continue
        changed += 1
        made = modifier.node_group
        if was.get(_GROUP) is not None:
            modifier.node_group = was[_GROUP]
            _remove_unused(made, record[_VARIANT])
        for socket, material in was[_INPUTS].items():
            _set_input(modifier, socket, material)
    del object_[MODIFIERS]
    object_.update_tag()
    return changed


def rename_record(object_: Any, variant: str, new_name: str) -> None:
    """Follow a variant's new name."""
    if mapping_of(object_, MODIFIERS).get(_VARIANT) == variant:
        object_[MODIFIERS][_VARIANT] = new_name


def _nodes_modifiers(object_: Any) -> Iterator[Any]:
    for modifier in object_.modifiers:
        if modifier.type == "NODES" and modifier.node_group is not None:
            yield modifier


def _input_materials(modifier: Any) -> dict[str, Any]:
    """The materials in a modifier's own inputs, by socket identifier."""
    found = {}
    for item in modifier.node_group.interface.items_tree:
        if item.item_type == "SOCKET" and item.in_out == "INPUT" and item.socket_type == "NodeSocketMaterial":
            material = _input(modifier, item.identifier)
            if material is not None:
                found[item.identifier] = material
    return found


def _input(modifier: Any, identifier: str) -> Any:
    if bpy.app.version >= (5, 2, 0):
        return getattr(modifier.properties.inputs, identifier).value
    return modifier.get(identifier)


def _set_input(modifier: Any, identifier: str, material: Any) -> None:
    if bpy.app.version >= (5, 2, 0):
        getattr(modifier.properties.inputs, identifier).value = material
    else:
        modifier[identifier] = material


def _tree_materials(tree: Any) -> Iterator[Any]:
    """Every material that a node of the tree, or of a group in it, names."""
    for node in tree.nodes:
        if node.bl_idname == "GeometryNodeInputMaterial" and node.material is not None:
            yield node.material
        if node.type == "GROUP" and node.node_tree is not None:
            yield from _tree_materials(node.node_tree)
        for socket in node.inputs:
            if socket.type == "MATERIAL" and socket.default_value is not None:
                yield socket.default_value


def _copy_with(tree: Any, copies: Mapping[Any, Any], variant: str, made: dict[Any, Any]) -> Any:
    """A copy of the tree, and of the groups in it that name a material, with the materials replaced."""
    if tree in made:
        return made[tree]
    copy = made[tree] = tree.copy()
    mark_made(copy, variant)
    for node in copy.nodes:
        if node.bl_idname == "GeometryNodeInputMaterial":
            node.material = copies.get(node.material, node.material)
        inner = node.node_tree if node.type == "GROUP" else None
        if inner is not None and any(material in copies for material in _tree_materials(inner)):
            node.node_tree = _copy_with(inner, copies, variant, made)
        for socket in node.inputs:
            if socket.type == "MATERIAL" and socket.default_value in copies:
                socket.default_value = copies[socket.default_value]
    return copy


def _remove_unused(tree: Any, variant: str) -> None:
    """Delete a copied group that nothing uses any more, and those within it."""
    if tree is None or tree.users or not was_made_for(tree, variant):
        return
    inner = [node.node_tree for node in tree.nodes if node.type == "GROUP"]
    bpy.data.node_groups.remove(tree)
    for group in inner:
        _remove_unused(group, variant)
