"""Pictures of files as icons of the panels; Blender holds them until they are freed."""

from typing import Any


class Thumbnails:
    """The icons of one part of the panels."""

    def __init__(self) -> None:
        self._previews: Any = None
        self._count = 0

    def icon(self, path: str) -> int:
        """The icon of a picture that stays where it is: Blender reads it once it is drawn."""
        previews = self._opened()
        return (previews[path] if path in previews else previews.load(path, path, "IMAGE")).icon_id

    def icon_of_passing(self, path: str) -> int:
        """The icon of a picture that is soon deleted or overwritten, read now; 0 where it cannot be."""
        self._count += 1
        thumbnail = self._opened().load(f"passing {self._count}", path, "IMAGE")
        # Asking for the pixels is what reads them.
        return thumbnail.icon_id if len(thumbnail.image_pixels) and len(thumbnail.icon_pixels) else 0

    def free(self) -> None:
        """Give the icons back; none of them may be drawn any more."""
        import bpy.utils.previews

        if self._previews is not None:
            bpy.utils.previews.remove(self._previews)
            self._previews = None

    def _opened(self) -> Any:
        import bpy.utils.previews

        if self._previews is None:
            self._previews = bpy.utils.previews.new()
        return self._previews
