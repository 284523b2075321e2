"""A place in a material's nodes, and the way back from it: through groups, reroutes and muted nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from .roles import (
    COLOR_ROLES,
    Role,
    blended_inputs,
    is_combining,
    is_separating,
    is_shader,
    is_shader_node,
    role_of_group_input,
    role_of_shader_input,
    role_of_value_input,
)


@dataclass(frozen=True)
class Cursor:
    """A socket whose value is asked for, within the tree that the stack of group nodes leads to.

    role: what the value is for; None on the way of a closure. recombined: whether its channels become one
    colour again on the way. blends: what it was blended with on the way.
    """

    socket: Any
    groups: tuple[Any, ...]
    role: Role | None
    recombined: bool = False
    blends: tuple[Blend, ...] = ()

    @property
    def group_names(self) -> tuple[str, ...]:
        return tuple(group.name for group in self.groups)


@dataclass(frozen=True)
class Blend:
    """What a value is multiplied with, added to and the like: the other inputs; is_second: it is not the
    first of them."""

    partners: tuple[Cursor, ...]
    is_second: bool


def sources(cursor: Cursor) -> Iterator[Any]:
    """Output sockets linked to the cursor's socket; muted links count as none."""
    for link in cursor.socket.links:
        if not link.is_muted and link.is_valid:
            yield link.from_socket


def inputs_behind(source: Any, cursor: Cursor) -> Iterator[Cursor]:
    """The sockets whose values make up the output socket `source`, which is linked to the cursor's."""
    node = source.node
    if node.mute:
        yield from _through_muted(source, cursor)
    elif node.type == "GROUP":
        yield from into_group(node, source, cursor)
    elif node.type == "GROUP_INPUT":
        yield from _out_of_group(source, cursor)
    elif is_shader_node(node):
        for socket in node.inputs:
            if socket.enabled:
                role = None if is_shader(socket) else role_of_shader_input(node, socket)
                # A closure that a number was made of (Shader to RGB) serves what the number serves.
                role = role if cursor.role in (None, *COLOR_ROLES) else cursor.role
                yield Cursor(socket, cursor.groups, role)
    else:
        yield from _through_values(source, cursor)


def _through_muted(source: Any, cursor: Cursor) -> Iterator[Cursor]:
    for link in source.node.internal_links:
        if link.to_socket.identifier == source.identifier and link.to_socket.is_output:
            yield replace(cursor, socket=link.from_socket)
        elif link.from_socket.identifier == source.identifier and link.from_socket.is_output:
            yield replace(cursor, socket=link.to_socket)


def _through_values(source: Any, cursor: Cursor) -> Iterator[Cursor]:
    """The inputs of a node that calculates: what each is to the result, and what it is blended with."""
    node, role = source.node, cursor.role
    recombined = cursor.recombined or is_combining(node)
    if is_separating(node):
        if role in COLOR_ROLES and not recombined and _is_packed(source, cursor):
            role = "other"
        recombined = False
    blended = blended_inputs(node)
    for socket in node.inputs:
        if not socket.enabled:
            continue
        behind = None if role is None else role_of_value_input(node, socket, role)
        blends = cursor.blends
        if socket in blended:
            partners = tuple(Cursor(other, cursor.groups, role) for other in blended if other != socket)
            blends = (*blends, Blend(partners, socket != blended[0]))
        yield Cursor(socket, cursor.groups, behind, recombined, blends)


def _is_packed(source: Any, cursor: Cursor) -> bool:
    """Whether one channel of a colour is data that was packed with others, and no grey picture: it is blended
    in, or the other channels serve something else."""
    others = (output for output in source.node.outputs if output != source)
    return bool(cursor.blends) or any(output.links for output in others)


def into_group(node: Any, source: Any, cursor: Cursor) -> Iterator[Cursor]:
    """The socket of a group's active output that a group node's output shows."""
    if node.node_tree is None or any(group.node_tree == node.node_tree for group in cursor.groups):
        return
    for inner in node.node_tree.nodes:
        if inner.type == "GROUP_OUTPUT" and inner.is_active_output:
            socket = by_identifier(inner.inputs, source.identifier)
            if socket is not None:
                yield replace(cursor, socket=socket, groups=(*cursor.groups, node))


def _out_of_group(source: Any, cursor: Cursor) -> Iterator[Cursor]:
    if cursor.groups:
        outer = by_identifier(cursor.groups[-1].inputs, source.identifier)
        if outer is not None:
            role = role_of_group_input(outer, cursor.role)
            yield replace(cursor, socket=outer, groups=cursor.groups[:-1], role=role)


def by_identifier(sockets: Any, identifier: str) -> Any | None:
    """The socket of that identifier; names may repeat."""
    return next((socket for socket in sockets if socket.identifier == identifier), None)
