"""`texture-stylizer variants`: list, switch and remove the stylised variants of a .blend."""

from __future__ import annotations

from pathlib import Path

from .request import WrongArguments


def run(path: Path, action: str, name: str | None, output: Path | None) -> int:
    """Without `output` a change is written to the file itself. Returns the exit status."""
    if output is not None and output.resolve() == path.resolve():
        raise WrongArguments(f"{output} is the input; leave out -o to change the file itself")
    if action in ("use", "remove") and not name:
        raise WrongArguments(f"variants {action} needs the name of a variant")
    from .blend import open_blend, quiet, save_blend

    open_blend(path)
    import bpy

    from ..scene.variants import list_variants, remove_variant, use_original, use_variant

    if action == "list":
        for variant, copies in sorted(list_variants().items()):
            shown = sum(slot.material in copies for o in bpy.data.objects for slot in o.material_slots)
            print(f"{variant}: {len(copies)} materials, shown in {shown} slots")
        return 0
    target = output or path
    if output is not None and (output.is_dir() or output.suffix.lower() != ".blend"):
        target = output / path.name
    with quiet():
        if action == "use":
            use_variant(name or "", bpy.data.objects)
        elif action == "original":
            use_original(bpy.data.objects)
        else:
            remove_variant(name or "")
    save_blend(target)
    print(f"{path} -> {target}")
    return 0
