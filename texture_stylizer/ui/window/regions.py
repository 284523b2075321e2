"""Blender's regions: drawing those again that show this add-on's panels, and what the mouse is over."""

from typing import Any

import bpy

CATEGORY = "Stylize"
"""The sidebar's tab."""


class InSidebar:
    """Where the panels of the 3D View are."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = CATEGORY


_AREAS = ("VIEW_3D", "PROPERTIES", "IMAGE_EDITOR", "NODE_EDITOR", "PREFERENCES")


def redraw(context: bpy.types.Context) -> None:
    """Draw the panels again."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in _AREAS:
                area.tag_redraw()


def is_over_sidebar(context: bpy.types.Context, event: bpy.types.Event) -> bool:
    """Whether the mouse is over the sidebar's tab of this add-on."""
    screen = context.screen
    return screen is not None and any(
        is_tab(area, region)
        and region.x <= event.mouse_x < region.x + region.width
        and region.y <= event.mouse_y < region.y + region.height
        for area in screen.areas
        for region in area.regions
    )


def is_tab(area: Any, region: Any) -> bool:
    """Whether a region is a 3D View's sidebar that shows this add-on's tab."""
    shown = getattr(region, "active_panel_category", CATEGORY)
    return area.type == "VIEW_3D" and region.type == "UI" and shown == CATEGORY
