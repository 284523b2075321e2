"""Operators that go on while the window stays usable: a timer calls them again and again."""

from typing import Any

import bpy


class Ticking:
    """What they share: `begin_ticking` ends `invoke`, `tick` goes on, `end_ticking` ends it."""

    POLL_SECONDS = 0.1
    _timer: Any = None

    def begin_ticking(self, context: bpy.types.Context) -> set[str]:
        """Have Blender call `modal` from now on. Returns the operator's result."""
        self._timer = context.window_manager.event_timer_add(self.POLL_SECONDS, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Called by Blender for every event of the window."""
        return self.tick(context) if event.type == "TIMER" else {"PASS_THROUGH"}

    def tick(self, context: bpy.types.Context) -> set[str]:
        """Go on a little. Returns {"PASS_THROUGH"}, or the operator's result at its end."""
        raise NotImplementedError

    def end_ticking(self, context: bpy.types.Context) -> None:
        """Stop the timer; harmless without one."""
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
