"""Opening and saving scenes with Blender's own Python module, quietly and whole."""

from __future__ import annotations

import contextlib
import os
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import BadInput, BadMachine


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what Blender prints to nowhere, so that stdout and stderr hold our own lines alone."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept: list[tuple[int, int]] = []
    with open(os.devnull, "wb") as nowhere:
        for descriptor in (1, 2):
            with contextlib.suppress(OSError):
                kept.append((descriptor, os.dup(descriptor)))
                os.dup2(nowhere.fileno(), descriptor)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for descriptor, copy in kept:
                os.dup2(copy, descriptor)
                os.close(copy)


def import_bpy(path: Path) -> Any:
    """Blender's Python module. Raises BadMachine, saying how to get it for `path`."""
    try:
        # Blender 5.2 prints a line while it is imported.
        with quiet():
            import bpy
    except ImportError as reason:
        raise BadMachine(
            f"{path}: a {path.suffix} file needs Blender's Python module ({reason}); run "
            "pip install 'texture-stylizer[blender]' with Python 3.11 or 3.13, or use the add-on"
        ) from reason
    return bpy


def load_scene(path: Path) -> None:
    """Open a .blend, without running its scripts, or import a model into an empty scene.

    Raises BadInput or BadMachine.
    """
    if path.suffix.lower() == ".blend":
        open_blend(path)
        return
    bpy = import_bpy(path)
    name = str(path.resolve())
    importers = {
        ".fbx": lambda: _import_fbx(bpy, name),
        ".obj": lambda: bpy.ops.wm.obj_import(filepath=name),
        ".glb": lambda: bpy.ops.import_scene.gltf(filepath=name),
        ".gltf": lambda: bpy.ops.import_scene.gltf(filepath=name),
        ".vrm": lambda: bpy.ops.import_scene.gltf(filepath=name),
    }
    usd = lambda: bpy.ops.wm.usd_import(filepath=name)  # noqa: E731
    try:
        with quiet():
            bpy.ops.wm.read_homefile(use_empty=True)
            result = importers.get(path.suffix.lower(), usd)()
    except (RuntimeError, AttributeError, struct.error, UnicodeDecodeError, ValueError, KeyError) as reason:
        raise BadInput(f"{path}: Blender cannot import it ({_one_line(reason)}); export it anew") from reason
    if "FINISHED" not in result:
        raise BadInput(f"{path}: Blender cannot import it; export it anew")
    from ..scene.missing_files import find_beside

    find_beside(path.resolve().parent)


def _import_fbx(bpy: Any, name: str) -> Any:
    """Blender's own importer where there is one: the older add-on's stumbles over lights in 5.0."""
    if bpy.app.version >= (4, 5, 0):
        return bpy.ops.wm.fbx_import(filepath=name)
    return bpy.ops.import_scene.fbx(filepath=name)


def save_scene(path: Path) -> None:
    """Write the open scene as the kind that the suffix tells. Raises BadInput when that cannot be done."""
    if path.suffix.lower() == ".blend":
        save_blend(path)
        return
    import bpy

    path = path.resolve()
    # These name the files beside them after themselves, so they are written under their own name.
    temporary = path if path.suffix.lower() in (".obj", ".gltf") else _part_path(path)
    name = str(temporary)
    exporters = {
        ".fbx": lambda: bpy.ops.export_scene.fbx(filepath=name, path_mode="RELATIVE"),
        ".obj": lambda: bpy.ops.wm.obj_export(filepath=name, path_mode="RELATIVE"),
        ".glb": lambda: bpy.ops.export_scene.gltf(filepath=name, export_format="GLB", export_extras=True),
        ".gltf": lambda: bpy.ops.export_scene.gltf(
            filepath=name, export_format="GLTF_SEPARATE", export_extras=True
        ),
    }
    usd = lambda: bpy.ops.wm.usd_export(filepath=name, relative_paths=True)  # noqa: E731
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with quiet():
            exporters.get(path.suffix.lower(), usd)()
        if not temporary.is_file():
            raise BadInput(f"{path} was not written by Blender's exporter; choose another kind")
        os.replace(temporary, path)
    except (OSError, RuntimeError) as reason:
        raise BadInput(f"{path} cannot be written ({_one_line(reason)}); choose another folder") from reason
    finally:
        if temporary != path:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def open_blend(path: Path) -> None:
    """Open a .blend without running its scripts. Raises BadInput or BadMachine."""
    bpy = import_bpy(path)
    if not path.is_file():
        raise BadInput(f"{path}: there is no such file; check the path")
    try:
        with quiet():
            bpy.ops.wm.open_mainfile(filepath=str(path.resolve()), load_ui=False, use_scripts=False)
    except RuntimeError as reason:
        raise BadInput(f"{path}: Blender cannot open it ({_one_line(reason)}); save it anew") from reason


def save_blend(path: Path) -> None:
    """Save the open scene to `path`, whole or not at all. Raises BadInput when that cannot be done."""
    import bpy

    path = path.resolve()
    temporary = _part_path(path)
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
    """The objects of those names, or every object of every scene. Raises BadInput for an unknown name."""
    import bpy

    if not names:
        scenes = [bpy.context.scene, *bpy.data.scenes]
        return list(dict.fromkeys(object_ for scene in scenes for object_ in scene.objects))
    missing = [name for name in names if name not in bpy.data.objects]
    if missing:
        known = ", ".join(sorted(object_.name for object_ in bpy.data.objects)[:12])
        raise BadInput(f"{path}: there is no object {missing[0]!r}; it has: {known}")
    return [bpy.data.objects[name] for name in names]


def _part_path(path: Path) -> Path:
    """Where a file is written before it is renamed: beside it, so that renaming is one step."""
    return path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")


def _one_line(reason: BaseException) -> str:
    return " ".join(str(reason).replace("Error:", "").split())[:300]
