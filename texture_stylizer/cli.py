"""The command line: the same calls from a shell, or as `blender --command texture_stylizer`.

Exit status: 0 all done; 1 some inputs failed; 2 the arguments are wrong; 3 this machine cannot work (batch);
130 cancelled.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .descriptions import BakeOptions, Compute, StyleImage, features_for
from .errors import BadInput, Cancelled, StylizerError
from .jobs.interrupts import cancel_on_signals, raise_if_asked, was_asked
from .settings import COLOR_ROLES, Settings

if TYPE_CHECKING:
    from .commands.request import Request

ROLES = ("base_color", "emission", "roughness", "metallic", "normal", "alpha", "displacement", "other")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit status."""
    from .batch.batch_arguments import add_batch, with_joined_action
    from .commands.terminal.arguments import parser

    commands = parser(
        stylize=_stylize,
        add_batch=lambda commands: add_batch(commands, _batch),
        inspect=_inspect,
        variants=_variants,
        doctor=_doctor,
    )
    try:
        options = commands.parse_args(with_joined_action(sys.argv[1:] if arguments is None else arguments))
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    from .commands.request import WrongArguments
    from .commands.terminal.display import say, show_error
    from .commands.terminal.failures import unexpected

    try:
        status = options.command(options)
        if status:
            raise_if_asked()
        return status
    except WrongArguments as wrong:
        say(f"error: {wrong}; see {options.prog} --help")
        return 2
    except (KeyboardInterrupt, Cancelled):
        say("cancelled")
        return 130
    except StylizerError as error:
        show_error(error, verbose=options.verbose)
        return 1
    except Exception as error:
        if was_asked():
            say("cancelled")
            return 130
        subject = getattr(options, "input", getattr(options, "output", Path("texture-stylizer")))
        show_error(unexpected(subject, error), verbose=options.verbose)
        return 1


def script() -> None:
    """The console script."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # It was started without one.
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115
    cancel_on_signals()
    try:
        status = main()
    except KeyboardInterrupt:
        print("cancelled", file=sys.stderr)
        status = 130
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            # Whoever read it has gone; Python's own exit would complain about that.
            os._exit(status)
    sys.exit(status)


def _check_effects(options: argparse.Namespace) -> None:
    """Raises WrongArguments for an option that could not have an effect."""
    from .commands.file_kinds import IMAGE_SUFFIXES
    from .commands.request import WrongArguments

    baking = (options.bake_size, options.bake_density, options.bake_sharing, options.bake_unwrap or None)
    if options.bake == "never" and any(value is not None for value in baking):
        raise WrongArguments("options for baking need --bake missing")
    if options.bake_size is not None and options.bake_density is not None:
        raise WrongArguments("--bake-density takes the place of --bake-size; give one of them")
    on_surface = options.style_width is not None or options.style_direction == "surface"
    if options.seams == "off" and on_surface:
        raise WrongArguments("--style-width and --style-direction surface need --seams on")
    if all(path.suffix.lower() in IMAGE_SUFFIXES for path in options.inputs):
        given = {"--objects": options.objects, "--frames": options.frames, "--bake": options.bake != "never"}
        for name in (name for name, value in given.items() if value):
            raise WrongArguments(f"{name} needs a model or a .blend, but every input is an image")
    if options.mask is not None and options.jpeg == "keep":
        raise WrongArguments("a JPEG cannot keep what --mask leaves; leave out --jpeg keep")
    _check_parts(options)
    if options.objects is not None and not all(options.objects.split(",")):
        raise WrongArguments("--objects has an empty name; give names with commas between them")


def _check_parts(options: argparse.Namespace) -> None:
    """Raises WrongArguments for --mask and --from that fit none of the inputs."""
    from .commands.file_kinds import IMAGE_SUFFIXES
    from .commands.request import WrongArguments

    if options.base is not None and options.mask is None:
        raise WrongArguments("--from needs --mask, which says what is drawn anew")
    if options.base is not None and options.bake != "never":
        raise WrongArguments("--from draws on the pictures of a variant; leave out --bake")
    if options.mask is not None and all(path.suffix.lower() in IMAGE_SUFFIXES for path in options.inputs):
        if options.base is not None:
            raise WrongArguments("--from needs a .blend with variants, but every input is an image")
        if not Path(options.mask).is_file():
            raise WrongArguments(f"there is no mask image {options.mask}; check the path")


def _check_seams(inputs: Sequence[Path]) -> None:
    from .commands.file_kinds import IMAGE_SUFFIXES
    from .commands.request import WrongArguments

    for path in inputs:
        if path.suffix.lower() in IMAGE_SUFFIXES:
            raise WrongArguments(
                f"{path} gives no mesh with its texture; --seams on needs a model or a .blend"
            )


def _stylize(options: argparse.Namespace) -> int:
    from .commands.stylize_command import run

    return run(_checked_request(options))


def _batch(options: argparse.Namespace) -> int:
    from .batch.batch_command import run

    return run(options, _checked_request)


def _checked_request(options: argparse.Namespace) -> Request:
    """What was asked for. Raises WrongArguments."""
    from .commands.request import WrongArguments

    _check_effects(options)
    if options.seams == "on":
        _check_seams(options.inputs)
    try:
        return _request(options)
    except BadInput as error:
        raise WrongArguments(str(error)) from None


def _request(options: argparse.Namespace) -> Request:
    """What was asked for. Raises WrongArguments or BadInput."""
    from .commands.request import Request, WrongArguments

    roles = _roles(options.roles)
    styles = tuple(StyleImage.parse(text) for text in options.styles)
    settings, bake = _settings(options), _bake_options(options)
    for style in styles:
        if not Path(style.path).is_file():
            raise WrongArguments(f"there is no style image {style.path}; check the path")
    return Request(
        inputs=tuple(options.inputs),
        output=options.output,
        styles=tuple(
            dataclasses.replace(style, path=_resolved(style.path), where=_resolved(style.where))
            for style in styles
        ),
        settings=settings,
        compute=Compute(
            features=features_for(options.features, options.quality),
            device=options.device,
            precision=options.precision,
            cache=not options.no_cache,
            download=options.features == "vgg19-torchvision",
        ),
        roles=roles,
        objects=tuple(options.objects.split(",")) if options.objects else (),
        variant=options.variant or "_".join(Path(style.path).stem for style in styles),
        report=options.report,
        jpeg=options.jpeg,
        bake=bake,
        frames=options.frames,
        seams=options.seams != "off",
        verbose=options.verbose,
        mask=_resolved(options.mask or ""),
        base=options.base or "",
    )


def _resolved(text: str) -> str:
    """The whole path of a file; what is no file is a name, and stays as it is."""
    return str(Path(text).resolve()) if text and Path(text).is_file() else text


def _roles(text: str) -> tuple[str, ...]:
    from .commands.request import WrongArguments

    roles = tuple(text.split(","))
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        raise WrongArguments(f"there is no role {unknown[0]!r}; give {', '.join(COLOR_ROLES)}")
    return roles


def _settings(options: argparse.Namespace) -> Settings:
    """The preset with the fields that were given."""
    names = (
        "iterations",
        "scales",
        "content_weight",
        "protect_detail",
        "style_scale",
        "style_width",
        "style_direction",
        "preserve_color",
        "optimizer",
        "max_size",
        "seed",
        "wrap",
        "relief",
        "soften_normals",
        "roughness_follow",
    )
    changes = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    if options.keep_unused:
        changes["keep_unused"] = True
    if options.tile is not None:
        changes["tile"] = _tile(options.tile)
    return Settings.preset(options.quality, **changes)


def _bake_options(options: argparse.Namespace) -> BakeOptions | None:
    if options.bake == "never":
        return None
    given = {
        "size": options.bake_size,
        "density": options.bake_density,
        "sharing": options.bake_sharing,
        "unwrap": options.bake_unwrap or None,
    }
    return BakeOptions(**{name: value for name, value in given.items() if value is not None})


def _tile(text: str) -> int | str | None:
    if text in ("auto", "off"):
        return None if text == "off" else "auto"
    try:
        return int(text)
    except ValueError:
        raise BadInput(f"--tile is {text!r}, but must be auto, off or a number of pixels") from None


def _inspect(options: argparse.Namespace) -> int:
    from .commands.inspect_command import run

    return run(options.input, as_json=options.json)


def _variants(options: argparse.Namespace) -> int:
    from .commands.variants_command import run

    return run(options.input, options.action, options.name, options.amount, options.output)


def _doctor(options: argparse.Namespace) -> int:
    from .commands.doctor_command import run

    return run(download_vgg19=options.download_vgg19)


if __name__ == "__main__":
    # `python -m` looks for libraries in the current folder first.
    sys.path = [entry for entry in sys.path if entry and entry != os.getcwd()]
    script()
