"""Variants listed, shown, mixed and removed in the process that has bpy."""

from __future__ import annotations

from pathlib import Path


def change(
    path: Path, action: str, name: str, strength: float | None, target: Path | None, home: str
) -> list[str]:
    """Do it with bpy, and write the file to `target`, to be moved to `home`. Returns what `list` prints, or
    what is missing in a model, as sentences."""
    from .open_and_save import open_blend, quiet, save_scene

    open_blend(path)
    if action == "list" or target is None:
        return _lines()
    with quiet():
        _change(action, name, strength)
    if target.suffix.lower() == ".blend":
        return save_scene(target, Path(home))
    from .scene_tasks import make_plain

    with quiet():
        problems = make_plain(target, Path(home))
    return problems + save_scene(target, Path(home))


def _lines() -> list[str]:
    """A line for each variant: its materials, where it is shown, and how strongly."""
    import bpy

    from ...scene.materials.records import strength_of
    from ...scene.variants.find import list_variants

    lines = []
    for variant, copies in sorted(list_variants().items()):
        these = set(copies)
        shown = sum(slot.material in these for o in bpy.data.objects for slot in o.material_slots)
        line = f"{variant}: {_counted(len(copies), 'material')}, shown in {_counted(shown, 'slot')}"
        strength = strength_of(copies[0])
        lines.append(line if strength == 1.0 else f"{line}, strength {strength:g}")
    return lines


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _change(action: str, name: str, strength: float | None) -> None:
    import bpy

    from ...scene.variants.edit import remove_variant, set_strength
    from ...scene.variants.show import use_original, use_variant

    if action == "mix" and strength is not None:
        set_strength(name, strength)
    if action in ("use", "mix"):
        use_variant(name, bpy.data.objects)
    elif action == "original":
        use_original(bpy.data.objects)
    else:
        remove_variant(name)
