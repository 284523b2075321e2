"""Opening and saving .blend files with Blender's own Python module, quietly and whole."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import BadInput, BadMachine


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what Blender prints on stdout to stderr's place, so that stdout holds our output alone."""
    sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:
        yield
        return
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            sys.stdout.flush()
            os.dup2(kept, 1)
            os.close(kept)


def open_blend(path: Path) -> None:
    """Open a .blend without running its scripts. Raises BadInput or BadMachine."""
    try:
        # Blender 5.2 prints a line while it is imported.
        with quiet():
            import bpy
    except ImportError as reason:
        raise BadMachine(
            f"{path}: a .blend needs Blender's Python module ({reason}); run "
            "pip install 'texture-stylizer[blender]' with Python 3.11 or 3.13, or use the add-on"
        ) from reason
    if not path.is_file():
        raise BadInput(f"{path}: there is no such file; check the path")
    try:
        with quiet():
            bpy.ops.wm.open_mainfile(filepath=str(path.resolve()), load_ui=False, use_scripts=False)
    except RuntimeError as reason:
        text = " ".join(str(reason).replace("Error:", "").split())
        raise BadInput(f"{path}: Blender cannot open it ({text}); save it anew") from reason


def save_blend(path: Path) -> None:
    """Save the open scene to `path`, whole or not at all. Raises BadInput when that cannot be done."""
    import bpy

    path = path.resolve()
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part.blend")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with quiet():
            bpy.ops.wm.save_as_mainfile(
                filepath=str(temporary), copy=True, relative_remap=True, check_existing=False
            )
        os.replace(temporary, path)
    except (OSError, RuntimeError) as reason:
        raise BadInput(f"{path} cannot be written ({reason}); choose another folder") from reason
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def chosen_objects(names: Sequence[str] | None, path: Path) -> list[Any]:
    """The objects of those names, or every object of the scene. Raises BadInput for an unknown name."""
    import bpy

    if not names:
        return list(bpy.context.scene.objects)
    missing = [name for name in names if name not in bpy.data.objects]
    if missing:
        known = ", ".join(sorted(object_.name for object_ in bpy.data.objects)[:12])
        raise BadInput(f"{path}: there is no object {missing[0]!r}; it has: {known}")
    return [bpy.data.objects[name] for name in names]
