"""`texture-stylizer variants`: list, show, mix and remove the stylised variants of a .blend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import BadInput
from .blender_process.ask import ask_blender
from .file_kinds import MODEL_SUFFIXES, check_kind
from .outputs.made_files import MadeFiles
from .outputs.output_paths import Output, check_outputs
from .outputs.stage import Stage
from .outputs.whole_files import no_empty_folders
from .request import WrongArguments
from .terminal.display import say, tell


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
