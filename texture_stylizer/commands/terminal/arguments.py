"""The command line's arguments: groups of options, each with a line and its default, and examples first."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from ... import __version__
from ...settings import (
    COLOR_ROLES,
    OPTIMIZERS,
    PRECISIONS,
    PRESERVE_COLOR_MODES,
    QUALITIES,
    STYLE_DIRECTIONS,
    WRAPS,
)
from .display import clean

Run = Callable[[argparse.Namespace], int]

_EXAMPLES = """\
examples:
  texture-stylizer stylize chair.glb --style oil.jpg -o out
  texture-stylizer stylize scene.blend --style oil.jpg:2 --style ink.jpg -o out --bake missing
  texture-stylizer batch models --style oil.jpg -o restyled
  texture-stylizer inspect scene.blend
  texture-stylizer variants scene.blend mix oil 0.6 -o chair.glb
  texture-stylizer doctor
"""
_STYLIZE_EXAMPLES = """\
examples:
  texture-stylizer stylize wall.png floor.png --style oil.jpg -o out
  texture-stylizer stylize chair.glb --style oil.jpg -o out/chair.glb --quality draft
  texture-stylizer stylize scene.blend --style oil.jpg:2 --style ink.jpg -o out --objects Chair,Table
"""
_VARIANTS_EXAMPLES = """\
examples:
  texture-stylizer variants scene.blend list
  texture-stylizer variants scene.blend use oil
  texture-stylizer variants scene.blend mix oil 0.6 -o chair.glb
  texture-stylizer variants scene.blend original -o plain.blend
"""


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**options)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        # It repeats what was typed.
        super().exit(status, message and clean(message.rstrip("\n")) + "\n")

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}; see {self.prog} --help\n")


def parser(
    *, stylize: Run, add_batch: Callable[[Any], None], inspect: Run, variants: Run, doctor: Run
) -> argparse.ArgumentParser:
    """The whole command line; `options.command` is the function to run, `options.prog` the command's name.

    add_batch: adds the commands of its own room.
    """
    made = _Parser(
        prog="texture-stylizer",
        description=f"Restyle the textures of game assets.\n\n{_EXAMPLES}",
        epilog="texture-stylizer COMMAND --help lists a command's options.",
    )
    made.add_argument("--version", action="version", version=__version__, help="print the version and end")
    commands = made.add_subparsers(required=True, metavar="COMMAND", title="commands")
    _add_stylize(commands, stylize)
    add_batch(commands)
    _add_inspect(commands, inspect)
    _add_variants(commands, variants)
    _add_doctor(commands, doctor)
    return made


def add_command(commands: Any, name: str, run: Run, **texts: str) -> argparse.ArgumentParser:
    """A command with the option that all of them have."""
    command = commands.add_parser(name, **texts)
    command.set_defaults(command=run, prog=command.prog)
    command.add_argument(
        "--verbose", action="store_true", help="show tracebacks (default: one line an error)"
    )
    return command


def _add_stylize(commands: Any, run: Run) -> None:
    command = add_command(
        commands,
        "stylize",
        run,
        help="restyle scenes, models and images",
        usage="texture-stylizer stylize INPUT... --style IMAGE[:WEIGHT] -o OUT [options]",
        description=f"Restyle scenes, models and images; the inputs stay as they are.\n\n{_STYLIZE_EXAMPLES}",
    )
    _add_files(command)
    add_stylize_options(command)


def add_stylize_options(command: argparse.ArgumentParser) -> None:
    """What is done to an input, whatever brings it in."""
    _add_picture(command)
    _add_other_maps(command)
    _add_selection(command)
    _add_mesh(command)
    _add_baking(command)
    _add_computing(command)


def _add_files(command: argparse.ArgumentParser) -> None:
    add = command.add_argument_group("files").add_argument
    add(
        "inputs",
        nargs="+",
        type=Path,
        metavar="INPUT",
        help=".blend .glb .vrm .fbx .obj .usd and so on, or images",
    )
    add(
        "--style",
        action="append",
        required=True,
        metavar="IMAGE[:WEIGHT]",
        dest="styles",
        help="the style; several are mixed by weight (default weight: 1)",
    )
    add(
        "-o",
        "--output",
        required=True,
        type=Path,
        metavar="OUT",
        help="a folder, or a file of the kind wanted",
    )
    add("--variant", metavar="NAME", help="name of the variant (default: the styles' names)")
    add("--jpeg", choices=("png", "keep"), help="what JPEGs become (default: keep in glTF alone)")
    add(
        "--report", type=Path, metavar="FILE.json", help="write what was done to each texture (default: none)"
    )


def _add_picture(command: argparse.ArgumentParser) -> None:
    add = command.add_argument_group("the picture").add_argument
    add("--quality", default="standard", choices=QUALITIES, help="how long to work (default: %(default)s)")
    add("--content-weight", type=float, metavar="X", help="higher keeps more of the original (default: 1)")
    add(
        "--protect-detail",
        type=float,
        metavar="X",
        help="0 to 1, how firmly lettering and other sharp lines stay (default: 0)",
    )
    add("--style-scale", type=float, metavar="X", help="higher gives larger strokes (default: 1)")
    add(
        "--preserve-color",
        choices=PRESERVE_COLOR_MODES,
        help="keep the texture's own colours (default: off)",
    )
    add("--iterations", type=int, metavar="N", help="steps to take (default: until the loss settles)")
    add("--scales", type=int, metavar="N", help="sizes to work at (default: all from 128 px up)")
    add(
        "--max-size",
        type=int,
        metavar="N",
        help="longest side to work at, in pixels (default: the texture's)",
    )
    add("--seed", type=int, metavar="N", help="another number gives another picture (default: 0)")


def _add_other_maps(command: argparse.ArgumentParser) -> None:
    add = command.add_argument_group("maps beside the colour").add_argument
    add(
        "--relief",
        type=float,
        metavar="X",
        help="0 to 1, how high the strokes stand out in the normal map (default: 0)",
    )
    add(
        "--soften-normals",
        type=float,
        metavar="X",
        help="0 to 1, how far the normals within a stroke become one (default: 0)",
    )
    add(
        "--roughness-follow",
        type=float,
        metavar="X",
        help="0 to 1, how far strokes raise and lower the roughness (default: 0)",
    )


def _add_selection(command: argparse.ArgumentParser) -> None:
    add = command.add_argument_group("what is restyled").add_argument
    add("--objects", metavar="NAME,...", help="only these objects (default: every object)")
    add(
        "--mask",
        metavar="IMAGE|NAME",
        help="restyle what is white in an image, a vertex group or an attribute (default: all)",
    )
    add(
        "--from",
        dest="base",
        metavar="VARIANT",
        help="draw the mask's part anew on this variant (default: on the originals)",
    )
    roles = ",".join(COLOR_ROLES)
    add("--roles", default=roles, metavar="ROLE,...", help="only these roles (default: %(default)s)")
    add(
        "--frames",
        action="store_true",
        help="sequences too, frame by frame (default: they are skipped)",
    )
    add(
        "--keep-unused",
        action="store_true",
        help="keep texels that no face uses, as in a shared atlas (default: they are filled)",
    )


def _add_mesh(command: argparse.ArgumentParser) -> None:
    add = command.add_argument_group("the mesh").add_argument
    add("--seams", choices=("on", "off"), help="strokes go on across UV seams (default: on for models)")
    add("--wrap", choices=WRAPS, help="axes on which a texture is tiled (default: auto)")
    add(
        "--style-width",
        type=float,
        metavar="LENGTH",
        help="width of the style on the surface, in scene units (default: by --style-scale)",
    )
    add(
        "--style-direction",
        choices=STYLE_DIRECTIONS,
        help="with surface, upward strokes stay upward (default: image)",
    )


def _add_baking(command: argparse.ArgumentParser) -> None:
    add = command.add_argument_group("baking").add_argument
    add(
        "--bake",
        default="never",
        choices=("never", "missing"),
        help="bake colours that are no image (default: %(default)s)",
    )
    add("--bake-size", type=int, metavar="N", help="side of the image in pixels (default: 1024)")
    add(
        "--bake-density",
        type=float,
        metavar="X",
        help="pixels per metre, in place of a size (default: none)",
    )
    add(
        "--bake-sharing",
        choices=("object", "atlas"),
        help="an image an object, or one (default: object)",
    )
    add(
        "--bake-unwrap",
        action="store_true",
        help="Smart UV Project for objects without a UV map (default: they are skipped)",
    )


def _add_computing(command: argparse.ArgumentParser) -> None:
    add = command.add_argument_group("computing").add_argument
    add(
        "--features",
        default="auto",
        metavar="NETWORK",
        help="auto, vgg19, vgg19-torchvision, embedded or FILE.safetensors (default: %(default)s)",
    )
    add(
        "--device",
        default="auto",
        metavar="NAME",
        help="auto, cpu, cuda, cuda:N or mps (default: %(default)s)",
    )
    add(
        "--precision",
        default="auto",
        choices=PRECISIONS,
        help="auto is the quicker one (default: %(default)s)",
    )
    add("--optimizer", choices=OPTIMIZERS, help="auto is L-BFGS where memory suffices (default: auto)")
    add("--tile", metavar="auto|off|N", help="side of a tile in pixels (default: by the free memory)")
    add(
        "--no-cache",
        action="store_true",
        help="take no earlier result (default: equal work is not done twice)",
    )


def _add_inspect(commands: Any, run: Run) -> None:
    command = add_command(
        commands,
        "inspect",
        run,
        help="list the textures of a scene or model, with their roles",
        description="List every texture found, its role, and why one would be skipped.\n\n"
        "example:\n  texture-stylizer inspect scene.blend --json",
    )
    command.add_argument("input", type=Path, metavar="INPUT", help="a scene or a model")
    command.add_argument("--json", action="store_true", help="print JSON (default: a table)")


def _add_variants(commands: Any, run: Run) -> None:
    command = add_command(
        commands,
        "variants",
        run,
        help="list, show, mix and remove the variants of a .blend",
        usage="texture-stylizer variants INPUT (list | original) [-o OUT]\n"
        "       texture-stylizer variants INPUT (use | remove) NAME [-o OUT]\n"
        "       texture-stylizer variants INPUT mix NAME STRENGTH [-o OUT]\n"
        "       texture-stylizer variants INPUT relief NAME RELIEF [-o OUT]",
        description=f"List, show, mix and remove the restyled variants of a .blend.\n\n{_VARIANTS_EXAMPLES}",
    )
    command.add_argument("input", type=Path, metavar="INPUT", help="a .blend")
    command.add_argument(
        "action",
        choices=("list", "use", "mix", "relief", "original", "remove"),
        help="mix shows a variant at a strength from 0, the original, to 1; relief lets its strokes stand "
        "out in the normal maps, from 0 to 1, without a run",
    )
    command.add_argument("name", nargs="?", metavar="NAME", help="the variant")
    command.add_argument("amount", nargs="?", type=float, metavar="AMOUNT", help="0 to 1, for mix and relief")
    command.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT",
        help="a folder, a .blend or a model; a model holds what is shown (default: INPUT itself)",
    )


def _add_doctor(commands: Any, run: Run) -> None:
    command = add_command(
        commands,
        "doctor",
        run,
        help="say what works on this computer",
        description="Say what works on this computer, and what to do about the rest.\n\n"
        "example:\n  texture-stylizer doctor",
    )
    command.add_argument(
        "--download-vgg19",
        action="store_true",
        help="fetch torchvision's VGG19, 548 MB (default: nothing is fetched)",
    )
