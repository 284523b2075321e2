"""`texture-stylizer variants`: list, switch and remove the stylised variants of a .blend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import BadInput
from .blender import ask_blender
from .display import tell
from .files import no_empty_folders
from .kinds import check_kind
from .made_files import MadeFiles
from .outputs import Output, check_outputs
from .request import WrongArguments
from .stage import Stage


def run(path: Path, action: str, name: str | None, output: Path | None) -> int:
    """Without `output` a change is written to the file itself. Returns the exit status."""
    if action in ("use", "remove") and not name:
        raise WrongArguments(f"variants {action} needs the name of a variant")
    if action in ("list", "original") and name:
        raise WrongArguments(f"variants {action} takes no name")
    if action == "list" and output is not None:
        raise WrongArguments("variants list writes nothing; leave out -o")
    made = MadeFiles()
    planned = _output(path, output)
    if output is not None:
        check_outputs([planned], [path], made)
    if check_kind(path) != ".blend":
        raise BadInput(f"{path}: only a .blend has variants; give one")
    question: dict[str, Any] = {"action": action, "name": name or ""}
    if action == "list":
        answer = ask_blender("variants", path, lambda _: None, target="", home="", **question)
        for line in answer["lines"]:
            tell(line)
        return 0
    with no_empty_folders(planned.target), Stage(planned.target, made, named=planned.named) as stage:
        question |= {"target": str(stage.file), "home": str(stage.home), "private": [str(stage.folder)]}
        ask_blender("variants", path, lambda _: None, **question)
        stage.publish()
    tell(f"{path} -> {planned.target if output is not None else path}")
    return 0


def _output(path: Path, output: Path | None) -> Output:
    if output is None:
        return Output(path, path.resolve(), named=True)
    if output.is_dir() or output.suffix.lower() != ".blend":
        return Output(path, output / path.name, named=False)
    return Output(path, output, named=True)


def change(path: Path, action: str, name: str, target: Path | None, home: str) -> list[str]:
    """Do it with bpy, and write the .blend to `target`, to be moved to `home`. Returns what `list` prints."""
    from .blend import open_blend, quiet, save_scene

    open_blend(path)
    import bpy

    from ..scene.variants import list_variants, remove_variant, use_original, use_variant

    if action == "list" or target is None:
        lines = []
        for variant, copies in sorted(list_variants().items()):
            shown = sum(slot.material in copies for o in bpy.data.objects for slot in o.material_slots)
            lines.append(f"{variant}: {len(copies)} materials, shown in {shown} slots")
        return lines
    with quiet():
        if action == "use":
            use_variant(name, bpy.data.objects)
        elif action == "original":
            use_original(bpy.data.objects)
        else:
            remove_variant(name)
    save_scene(target, Path(home))
    return []
