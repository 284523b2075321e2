"""What a run is asked beside its styles and settings: which textures, where the results go, and how."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ..descriptions import BakeOptions, Compute
from ..settings import COLOR_ROLES


@dataclass(frozen=True)
class Which:
    """The textures that are meant among those of the chosen objects.

    materials: session ids of the only materials, images: names of the only images; None for all that the
    objects show. unwanted: names of images to leave out. skip_hidden: leave out what hidden objects use.
    frames: image sequences too, frame by frame. bake: how colours that are no image are baked to one; None
    leaves them as they are.
    """

    roles: Sequence[str] = COLOR_ROLES
    materials: Collection[int] | None = None
    images: Collection[str] | None = None
    unwanted: Collection[str] = ()
    skip_hidden: bool = False
    frames: bool = False
    bake: BakeOptions | None = None


@dataclass(frozen=True)
class Results:
    """Where the results go.

    folder: None for `//textures/`, or into the .blend itself when that has no folder. beside: where they are
    to be moved, so that their names are free there too. keep_jpeg: JPEGs stay JPEGs; they become PNGs
    otherwise.
    """

    folder: Path | None = None
    beside: Path | None = None
    keep_jpeg: bool = False


@dataclass(frozen=True)
class RunOptions:
    """variant: its wanted name. seams: strokes go on across UV seams, and textures that the UVs repeat stay
    tileable. preview_size: longest side of the pictures of the moment; 0 for none. mask: the name of what is
    restyled of each texture, as `masks.find_mask` takes it; "" for all. base: the variant that is seen
    elsewhere; "" for the originals."""

    variant: str
    which: Which = Which()
    results: Results = Results()
    compute: Compute = Compute()
    seams: bool = True
    preview_size: int = 0
    mask: str = ""
    base: str = ""

    @classmethod
    def from_keywords(cls, variant: str, **given: Any) -> RunOptions:
        """The options of a script, which need not know what they belong to. Raises TypeError for an unknown
        one."""
        which = {field.name: given.pop(field.name) for field in fields(Which) if field.name in given}
        results = {field.name: given.pop(field.name) for field in fields(Results) if field.name in given}
        if given.get("compute") is None:
            given.pop("compute", None)
        return cls(variant, Which(**which), Results(**results), **given)
