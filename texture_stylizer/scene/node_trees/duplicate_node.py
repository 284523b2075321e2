"""A second node like another in its tree: Blender's own operator for that needs a window."""

from __future__ import annotations

from typing import Any

_OWN = {"rna_type", "name", "select", "parent", "location", "location_absolute", "warning_propagation"}
_OFFSET = 40


def duplicate_node(node: Any) -> Any:
    """Add a node with the same settings, values and incoming links. Raises ValueError for one whose sockets
    are not told by its settings."""
    tree = node.id_data
    twin = tree.nodes.new(node.bl_idname)
    _copy_settings(node, twin)
    if len(twin.inputs) != len(node.inputs) or len(twin.outputs) != len(node.outputs):
        tree.nodes.remove(twin)
        raise ValueError(f"the node {node.name} cannot be copied")
    twin.location = node.location[0] + _OFFSET, node.location[1] - _OFFSET
    for ours, theirs in (
        *zip(node.inputs, twin.inputs, strict=True),
        *zip(node.outputs, twin.outputs, strict=True),
    ):
        if hasattr(ours, "default_value"):
            theirs.default_value = ours.default_value
    for ours, theirs in zip(node.inputs, twin.inputs, strict=True):
        for link in ours.links:
            made = tree.links.new(link.from_socket, theirs)
            made.is_muted = link.is_muted
    return twin


def _copy_settings(ours: Any, theirs: Any) -> None:
    """Copy every property that can be set, also within what a node owns: ramps, curves, mappings."""
    for prop in ours.bl_rna.properties:
        name = prop.identifier
        if name in _OWN or name.startswith("bl_"):
            continue
        value = getattr(ours, name)
        kind = "" if value is None else type(value).__name__
        if kind == "ColorRamp":
            _copy_ramp(value, getattr(theirs, name))
        elif kind == "CurveMapping":
            _copy_curves(value, getattr(theirs, name))
        elif kind in ("ImageUser", "TexMapping", "ColorMapping"):
            _copy_settings(value, getattr(theirs, name))
        elif not prop.is_readonly:
            try:
                setattr(theirs, name, value)
            except (AttributeError, TypeError):
                # Some settings only exist beside others.
                continue


def _copy_ramp(ours: Any, theirs: Any) -> None:
    theirs.color_mode, theirs.hue_interpolation = ours.color_mode, ours.hue_interpolation
    theirs.interpolation = ours.interpolation
    while len(theirs.elements) > len(ours.elements):
        theirs.elements.remove(theirs.elements[-1])
    while len(theirs.elements) < len(ours.elements):
        theirs.elements.new(1.0)
    for element, copy in zip(ours.elements, theirs.elements, strict=True):
        copy.position, copy.color = element.position, element.color


def _copy_curves(ours: Any, theirs: Any) -> None:
    _copy_settings(ours, theirs)
    for curve, copy in zip(ours.curves, theirs.curves, strict=True):
        while len(copy.points) > len(curve.points):
            copy.points.remove(copy.points[-1])
        while len(copy.points) < len(curve.points):
            copy.points.new(1.0, 1.0)
        for point, other in zip(curve.points, copy.points, strict=True):
            other.location, other.handle_type = point.location, point.handle_type
    theirs.update()
