"""The runs of this Blender, in the order in which they were asked for."""

from __future__ import annotations

from typing import Protocol


class Waiting(Protocol):
    """A run that is worked on or waits."""

    def end(self, *, keep: bool) -> None: ...


LINE: list[Waiting] = []
"""The first run is worked on, the others wait."""
