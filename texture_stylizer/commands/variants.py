"""`texture-stylizer variants`: list, show, mix and remove the stylised variants of a .blend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import BadInput
from .blender import ask_blender
from .display import say, tell
from .files import no_empty_folders
from .kinds import MODEL_SUFFIXES, check_kind
from .made_files import MadeFiles
from .outputs import Output, check_outputs
from .request import WrongArguments
from .stage import Stage


def run(path: Path, action: str, name: str | None, strength: float | None, output: Path | None) -> int:
    """Without `output` a change is written to the file itself; a model gets what is shown. Returns the exit
    status."""
    _check(action, name, strength, output)
    made = MadeFiles()
    planned = _output(path, output)
    if output is not None:
        check_outputs([planned], [path], made)
    if check_kind(path) != ".blend":
        raise BadInput(f"{path}: only a .blend has variants; give one")
    question: dict[str, Any] = {"action": action, "name": name or "", "strength": strength}
    if action == "list":
        answer = ask_blender("variants", path, lambda _: None, target="", home="", **question)
        for line in answer["lines"] or ["no variants"]:
            tell(line)
        return 0
    with no_empty_folders(planned.target), Stage(planned.target, made, named=planned.named) as stage:
        question |= {"target": str(stage.file), "home": str(stage.home), "private": [str(stage.folder)]}
        answer = ask_blender("variants", path, lambda _: None, **question)
        stage.publish()
    for warning in answer["lines"]:
        say(f"warning: {path}: {stage.in_place(warning)}")
    tell(f"{path} -> {planned.target if output is not None else path}")
    return 0


def _check(action: str, name: str | None, strength: float | None, output: Path | None) -> None:
    """Raises WrongArguments for what an action lacks or does not take."""
    if action in ("use", "mix", "remove") and not name:
        raise WrongArguments(f"variants {action} needs the name of a variant")
    if action in ("list", "original") and name:
        raise WrongArguments(f"variants {action} takes no name")
    if action == "mix" and (strength is None or not 0.0 <= strength <= 1.0):
        raise WrongArguments("variants mix needs a strength from 0 to 1 after the name")
    if action != "mix" and strength is not None:
        raise WrongArguments(f"variants {action} takes no strength")
    if action == "list" and output is not None:
        raise WrongArguments("variants list writes nothing; leave out -o")


def _output(path: Path, output: Path | None) -> Output:
    if output is None:
        return Output(path, path.resolve(), named=True)
    if output.is_dir() or output.suffix.lower() not in (".blend", *MODEL_SUFFIXES):
        return Output(path, output / path.name, named=False)
    if output.suffix.lower() == ".vrm":
        raise WrongArguments("a .vrm is only made of a .vrm or .glb; give another output")
    return Output(path, output, named=True)


def change(
    path: Path, action: str, name: str, strength: float | None, target: Path | None, home: str
) -> list[str]:
    """Do it with bpy, and write the file to `target`, to be moved to `home`. Returns what `list` prints, or
    what is missing in a model, as sentences."""
    from .blend import open_blend, quiet, save_scene

    open_blend(path)
    if action == "list" or target is None:
        return _lines()
    with quiet():
        _change(action, name, strength)
    if target.suffix.lower() == ".blend":
        return save_scene(target, Path(home))
    from .scenes import make_plain

    with quiet():
        problems = make_plain(target, Path(home))
    return problems + save_scene(target, Path(home))


def _lines() -> list[str]:
    """A line for each variant: its materials, where it is shown, and how strongly."""
    import bpy

    from ..scene.materials.records import strength_of
    from ..scene.variants.find import list_variants

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

    from ..scene.variants.edit import remove_variant, set_strength
    from ..scene.variants.show import use_original, use_variant

    if action == "mix" and strength is not None:
        set_strength(name, strength)
    if action in ("use", "mix"):
        use_variant(name, bpy.data.objects)
    elif action == "original":
        use_original(bpy.data.objects)
    else:
        remove_variant(name)
