"""Masks that are image files, for what is restyled without Blender."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ...descriptions import Mask, Source, StyleImage
from ...errors import BadInput
from ..request import Request


@dataclass(frozen=True)
class MasksAsFiles:
    """mask, regions, styles: as a job takes them. materials: the names of regions that are materials; they
    are the first of the marks, in this order."""

    mask: Mask | None
    regions: tuple[Mask, ...]
    styles: tuple[StyleImage, ...]
    materials: tuple[str, ...] = ()

    @classmethod
    def of(cls, request: Request, source: Path, kind: str, materials: Collection[str] = ()) -> MasksAsFiles:
        """What a request asks of an input. materials: the names that its styles may have.

        Raises BadInput where a name is none of these and no image file, or a variant is asked for.
        """
        if request.base:
            raise BadInput(f"{source}: {kind} has no variants, so nothing can be drawn on {request.base!r}")
        names = list(dict.fromkeys(style.where for style in request.styles if style.where))
        chosen = tuple(name for name in names if name in materials and not Path(name).is_file())
        for name in [name for name in (request.mask, *names) if name and name not in chosen]:
            if not Path(name).is_file():
                known = f"; its materials are: {', '.join(materials)}" if materials else ""
                raise BadInput(f"{source}: in {kind} a mask is an image file, and {name!r} is none{known}")
        return cls(
            _of_file(request.mask) if request.mask else None,
            tuple(Mask(n, column=chosen.index(n)) if n in chosen else _of_file(n) for n in names),
            request.styles,
            chosen,
        )


def _of_file(path: str) -> Mask:
    return Mask(path, Source(path))
