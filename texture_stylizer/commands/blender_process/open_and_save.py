"""Opening and saving scenes with Blender's own Python module, quietly and whole."""

from __future__ import annotations

import errno
import glob
import json
import os
import re
import struct
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...errors import BadInput, BadMachine
from ...quiet import quiet

_ROOM = 16384
"""Bytes that are still free on a disk which was not filled by an export."""


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
    from ...scene.images.missing_files import find_beside

    find_beside(path.resolve().parent)


def _import_fbx(bpy: Any, name: str) -> Any:
    """Blender's own importer where there is one: the older add-on's stumbles over lights in 5.0."""
    if bpy.app.version >= (4, 5, 0):
        return bpy.ops.wm.fbx_import(filepath=name)
    return bpy.ops.import_scene.fbx(filepath=name)


def save_scene(path: Path, home: Path) -> list[str]:
    """Write the open scene as the kind that the suffix tells. Returns what was left out, as sentences.

    Raises BadInput when that cannot be done.
    path: in a private folder below `home`, from where it and what lies beside it are moved to `home`.
    """
    import bpy

    left_out = _drop_numbers_that_json_lacks(bpy) if path.suffix.lower() in (".glb", ".gltf") else []
    try:
        with quiet():
            _write(bpy, path, home)
        _check_whole(path.parent)
    except (OSError, RuntimeError) as reason:
        raise BadInput(f"{path} cannot be written ({_one_line(reason)}); choose another folder") from reason
    if not path.is_file():
        raise BadInput(f"{path} was not written by Blender's exporter; choose another kind")
    return left_out


def _write(bpy: Any, path: Path, home: Path) -> None:
    """Let Blender save or export the open scene, as the suffix tells; USD is what no other suffix is."""
    name, export = str(path), bpy.ops.export_scene
    match path.suffix.lower():
        case ".blend":
            options = {"copy": True, "relative_remap": True, "check_existing": False}
            _save_in(bpy, path, home, lambda file: bpy.ops.wm.save_as_mainfile(filepath=file, **options))
        case ".fbx":
            _save_in(bpy, path, home, lambda file: export.fbx(filepath=file, path_mode="RELATIVE"))
        case ".obj":
            bpy.ops.wm.obj_export(filepath=name, path_mode="RELATIVE")
        case ".glb":
            export.gltf(filepath=name, export_format="GLB", export_extras=True)
        case ".gltf":
            export.gltf(filepath=name, export_format="GLTF_SEPARATE", export_extras=True)
        case _:
            bpy.ops.wm.usd_export(filepath=name, relative_paths=True)


def _drop_numbers_that_json_lacks(bpy: Any) -> list[str]:
    """Custom properties that are not finite would end a glTF export: it writes them as JSON."""
    left_out = []
    bones = [bone for armature in bpy.data.armatures for bone in armature.bones]
    for owner in (*bpy.data.user_map(), *bones):
        for key in list(owner.keys()):
            value = owner[key]
            plain = getattr(value, "to_dict", getattr(value, "to_list", lambda value=value: value))()
            try:
                json.dumps(plain, allow_nan=False, default=str, skipkeys=True)
            except ValueError:
                del owner[key]
                left_out.append(
                    f"the custom property {key} of {owner.name} is left out: it is no finite number"
                )
    return left_out


def _save_in(bpy: Any, path: Path, home: Path, save: Callable[[str], Any]) -> None:
    """Let Blender save a file whose paths are right once it and its textures lie in `home`."""
    for image in bpy.data.images:
        # Blender leaves ".." in a path that is relative to a .blend elsewhere.
        found = Path(os.path.normpath(bpy.path.abspath(image.filepath))) if image.filepath else home
        if image.library is None and found.is_relative_to(path.parent):
            final = str(home / found.relative_to(path.parent))
            image.filepath_raw = bpy.path.relpath(final) if bpy.data.filepath else final
    # Blender writes paths relative to where it saves: this begins with the private folder's name.
    temporary = path.parent.with_name(f"{path.parent.name}{path.suffix.lower()}")
    save(str(temporary))
    if not temporary.is_file():
        raise BadInput(f"{path} cannot be written, the disk may be full; make room, or choose another folder")
    os.replace(temporary, path)


def files_used(source: Path) -> list[Path]:
    """The files beside the open scene that it reads: images with tiles and frames, libraries, caches."""
    import bpy

    named = {Path(os.path.normpath(name)) for name in bpy.utils.blend_paths(absolute=True, packed=False)}
    found = {source.with_suffix(".mtl")} if source.suffix.lower() == ".obj" else set()
    frames = {
        Path(os.path.normpath(bpy.path.abspath(image.filepath)))
        for image in bpy.data.images
        if image.source == "SEQUENCE"
    }
    for path in named:
        # A tile's or frame's number stands for all of them.
        pattern = glob.escape(path.name).replace("<UDIM>", "[0-9]*")
        if path in frames:
            pattern = re.sub(r"\d+(?=\D*$)", "[0-9]*", pattern)
        found.update(path.parent.glob(pattern))
    own = source.resolve()
    return sorted(path for path in found if path.is_file() and path.resolve() != own)


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


def _check_whole(folder: Path) -> None:
    """Raises OSError where files may have been cut short: some exporters do not notice a full disk."""
    room = folder / ".room"
    room.write_bytes(bytes(_ROOM))
    room.unlink()
    if sys.platform != "win32":
        import resource

        limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
        for path in folder.rglob("*"):
            if limit != resource.RLIM_INFINITY and path.is_file() and path.stat().st_size >= limit:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))


def _one_line(reason: BaseException) -> str:
    """What went wrong, without Python's way to it."""
    text = str(reason).strip()
    if "Traceback" in text:
        lines = [
            line.strip() for line in text.splitlines() if re.match(r"\s*[\w.]*(Error|Exception)\b", line)
        ]
        text = lines[-1] if lines else text.splitlines()[0]
    return " ".join(text.removeprefix("Error:").split())[:300]
